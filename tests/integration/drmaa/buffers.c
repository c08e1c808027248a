/* DRMAA 1.0 from a plain C program: every text that a caller's buffer is filled with, whatever its length.
 *
 * Written from GFD.133. Each test begins without a session.
 */
#include "testing.h"

/* A buffer with a guard behind each length: the byte at buffer[length] must never change. */
static void guarded(size_t length, const char *buffer, const char *full)
{
    size_t fits = length > 0 ? length - 1 : 0;

    CHECK(buffer[length] == '#');
    if (length == 0)
        return;
    CHECK(strlen(buffer) == (strlen(full) < fits ? strlen(full) : fits));
    CHECK(strncmp(buffer, full, strlen(buffer)) == 0);
}

static const size_t lengths[] = {0, 1, 2, 5, 200};
#define LENGTHS (sizeof(lengths) / sizeof(*lengths))
#define FILLED(call) (memset(buffer, '#', sizeof(buffer)), (call))

static void cut_texts(void)
{
    char full[1024], full_id[1024], buffer[1024];
    drmaa_job_template_t *jt;
    drmaa_job_ids_t *ids;
    size_t i;
    int stat;

    OK(drmaa_init(NULL, DIAG));
    OK(drmaa_get_contact(full, sizeof(full), DIAG));
    jt = shell("exit 0");
    OK(drmaa_set_attribute(jt, DRMAA_WD, "/tmp/somewhere", DIAG));
    for (i = 0; i < LENGTHS; i++) {
        size_t length = lengths[i];

        memset(buffer, '#', sizeof(buffer));
        OK(drmaa_get_contact(buffer, length, DIAG));
        guarded(length, buffer, full);
        memset(buffer, '#', sizeof(buffer));
        OK(drmaa_get_attribute(jt, DRMAA_WD, buffer, length, DIAG));
        guarded(length, buffer, "/tmp/somewhere");
        memset(buffer, '#', sizeof(buffer));
        CHECK(drmaa_set_attribute(jt, "blah", "x", buffer, length) == DRMAA_ERRNO_INVALID_ARGUMENT);
        CHECK(drmaa_set_attribute(jt, "blah", "x", DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
        guarded(length, buffer, diag);
    }
    OK(drmaa_set_attribute(jt, DRMAA_WD, "/", DIAG));
    OK(drmaa_run_bulk_jobs(&ids, jt, 1, 2, 1, DIAG));
    memset(buffer, '#', sizeof(buffer));
    OK(drmaa_get_next_job_id(ids, buffer, 4));
    CHECK(buffer[3] == '\0' && buffer[4] == '#');
    OK(drmaa_get_next_job_id(ids, full_id, sizeof(full_id)));
    drmaa_release_job_ids(ids);
    memset(buffer, '#', sizeof(buffer));
    OK(drmaa_wait(full_id, buffer, 3, &stat, LIMIT, NULL, DIAG));
    guarded(3, buffer, full_id);
    memset(buffer, '#', sizeof(buffer));
    OK(drmaa_run_job(buffer, 3, jt, DIAG));
    CHECK(buffer[2] == '\0' && buffer[3] == '#');
    OK(drmaa_delete_job_template(jt, DIAG));
    OK(drmaa_control(DRMAA_JOB_IDS_SESSION_ALL, DRMAA_CONTROL_TERMINATE, DIAG));
    OK(drmaa_exit(DIAG));
}

static void texts_of_any_length(void)
{
    char full[3][1024], buffer[1024], job[ID_SIZE];
    drmaa_attr_names_t *names;
    drmaa_attr_values_t *values;
    drmaa_job_template_t *jt;
    size_t i;
    int stat;

    OK(drmaa_init(NULL, DIAG));
    OK(drmaa_get_DRM_system(full[0], sizeof(full[0]), DIAG));
    OK(drmaa_get_DRMAA_implementation(full[1], sizeof(full[1]), DIAG));
    OK(drmaa_get_attribute_names(&names, DIAG));
    OK(drmaa_get_next_attr_name(names, full[2], sizeof(full[2])));
    drmaa_release_attr_names(names);
    run("kill -TERM $$", job, 0);
    OK(drmaa_wait(job, NULL, 0, &stat, LIMIT, NULL, DIAG));
    jt = shell("a script that is longer than five");
    for (i = 0; i < LENGTHS; i++) {
        OK(FILLED(drmaa_get_DRM_system(buffer, lengths[i], DIAG)));
        guarded(lengths[i], buffer, full[0]);
        OK(FILLED(drmaa_get_DRMAA_implementation(buffer, lengths[i], DIAG)));
        guarded(lengths[i], buffer, full[1]);
        OK(FILLED(drmaa_wtermsig(buffer, lengths[i], stat, DIAG)));
        guarded(lengths[i], buffer, "SIGTERM");
        OK(drmaa_get_attribute_names(&names, DIAG));
        OK(FILLED(drmaa_get_next_attr_name(names, buffer, lengths[i])));
        guarded(lengths[i], buffer, full[2]);
        drmaa_release_attr_names(names);
        OK(drmaa_get_vector_attribute(jt, DRMAA_V_ARGV, &values, DIAG));
        OK(drmaa_get_next_attr_value(values, buffer, sizeof(buffer)));
        OK(FILLED(drmaa_get_next_attr_value(values, buffer, lengths[i])));
        guarded(lengths[i], buffer, "a script that is longer than five");
        drmaa_release_attr_values(values);
    }
    OK(drmaa_delete_job_template(jt, DIAG));
    OK(drmaa_exit(DIAG));
}

/* What stands in a buffer of this length is the beginning of the id of one of this schedd's jobs. */
static void guarded_id(size_t length, const char *buffer, const char *contact)
{
    size_t known = strlen(contact) < strlen(buffer) ? strlen(contact) : strlen(buffer);

    CHECK(length > 0 ? strlen(buffer) < length && strncmp(buffer, contact, known) == 0 : buffer[0] == '#');
    CHECK(buffer[length] == '#');
}

static void ids_of_any_length(void)
{
    const char *all[] = {DRMAA_JOB_IDS_SESSION_ALL, NULL};
    char contact[1024], buffer[1024];
    drmaa_job_template_t *jt;
    drmaa_job_ids_t *ids;
    size_t i;

    OK(drmaa_init(NULL, DIAG));
    OK(drmaa_get_contact(contact, sizeof(contact), DIAG));
    jt = shell("exit 0");
    OK(drmaa_run_bulk_jobs(&ids, jt, 1, LENGTHS, 1, DIAG));
    for (i = 0; i < LENGTHS; i++) {
        OK(FILLED(drmaa_get_next_job_id(ids, buffer, lengths[i])));
        guarded_id(lengths[i], buffer, contact);
    }
    drmaa_release_job_ids(ids);
    OK(drmaa_synchronize(all, LIMIT, 0, DIAG));
    for (i = 0; i < LENGTHS; i++) {
        OK(FILLED(drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, buffer, lengths[i], NULL, 0, NULL, DIAG)));
        guarded_id(lengths[i], buffer, contact);
    }
    OK(drmaa_set_attribute(jt, DRMAA_JS_STATE, DRMAA_SUBMISSION_STATE_HOLD, DIAG));
    for (i = 0; i < LENGTHS; i++) {
        OK(FILLED(drmaa_run_job(buffer, lengths[i], jt, DIAG)));
        guarded_id(lengths[i], buffer, contact);
    }
    OK(drmaa_delete_job_template(jt, DIAG));
    OK(drmaa_control(DRMAA_JOB_IDS_SESSION_ALL, DRMAA_CONTROL_TERMINATE, DIAG));
    OK(drmaa_exit(DIAG));
}

static const struct test tests[] = {
    {"cut_texts", cut_texts},
    {"texts_of_any_length", texts_of_any_length},
    {"ids_of_any_length", ids_of_any_length},
};

int main(int argc, char **argv)
{
    return PERFORM(tests, 0);
}

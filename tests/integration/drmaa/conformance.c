/* DRMAA 1.0 from a plain C program: each function, with what it must refuse.
 *
 * Written from GFD.133. Each test begins without a session.
 */
#include "testing.h"

#define THREADS 8
#define JOBS_EACH 3

static void error_codes(void)
{
    int code;

    for (code = 0; code <= 25; code++)
        CHECK(drmaa_strerror(code) != NULL && strlen(drmaa_strerror(code)) > 0);
    CHECK(drmaa_strerror(26) == NULL && drmaa_strerror(-1) == NULL);
    CHECK(DRMAA_ERRNO_INVALID_JOB == 18 && DRMAA_ERRNO_NO_MORE_ELEMENTS == 25);
}

static void before_a_session(void)
{
    char text[1024];
    unsigned int major = 9, minor = 9;
    int number;
    drmaa_job_template_t *jt;
    drmaa_attr_names_t *names;
    const char *ids[] = {DRMAA_JOB_IDS_SESSION_ALL, NULL};

    OK(drmaa_get_contact(text, sizeof(text), DIAG));
    OK(drmaa_get_DRM_system(text, sizeof(text), DIAG));
    CHECK(strstr(text, "HTCondor") != NULL);
    OK(drmaa_get_DRMAA_implementation(text, sizeof(text), DIAG));
    CHECK(strlen(text) > 0);
    OK(drmaa_version(&major, &minor, DIAG));
    CHECK(major == 1 && minor == 0);
    CHECK(drmaa_exit(DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    CHECK(drmaa_allocate_job_template(&jt, DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    CHECK(drmaa_get_attribute_names(&names, DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    CHECK(drmaa_get_vector_attribute_names(&names, DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    CHECK(drmaa_run_job(text, sizeof(text), NULL, DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    CHECK(drmaa_control("x.1.0", DRMAA_CONTROL_HOLD, DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    CHECK(drmaa_job_ps("x.1.0", &number, DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    CHECK(drmaa_synchronize(ids, 0, 0, DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    CHECK(drmaa_wait("x.1.0", NULL, 0, NULL, 0, NULL, DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
}

static void sessions(void)
{
    char text[1024];

    CHECK(drmaa_init("no such schedd", DIAG) == DRMAA_ERRNO_INVALID_CONTACT_STRING);
    CHECK(strlen(diag) > 0);
    OK(drmaa_init(NULL, DIAG));
    CHECK(drmaa_init(NULL, DIAG) == DRMAA_ERRNO_ALREADY_ACTIVE_SESSION);
    OK(drmaa_get_contact(text, sizeof(text), DIAG));
    OK(drmaa_exit(DIAG));
    CHECK(drmaa_exit(DIAG) == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    OK(drmaa_init("", NULL, 0));
    OK(drmaa_exit(NULL, 0));
    OK(drmaa_init(text, DIAG));
    OK(drmaa_exit(DIAG));
}

static void empty_session(void)
{
    const char *all[] = {DRMAA_JOB_IDS_SESSION_ALL, NULL};
    const char *none[] = {NULL};
    int action;

    OK(drmaa_init(NULL, DIAG));
    CHECK(drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, NULL, 0, NULL, FOREVER, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    OK(drmaa_synchronize(all, FOREVER, 1, DIAG));
    OK(drmaa_synchronize(all, FOREVER, 0, DIAG));
    OK(drmaa_synchronize(none, FOREVER, 0, DIAG));
    for (action = DRMAA_CONTROL_SUSPEND; action <= DRMAA_CONTROL_TERMINATE; action++)
        OK(drmaa_control(DRMAA_JOB_IDS_SESSION_ALL, action, DIAG));
    CHECK(drmaa_control(DRMAA_JOB_IDS_SESSION_ALL, 5, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    OK(drmaa_exit(DIAG));
}

static void names_of(int (*get)(drmaa_attr_names_t **, char *, size_t), int expected)
{
    drmaa_attr_names_t *names = NULL;
    char name[DRMAA_ATTR_BUFFER];
    int size = 0, seen = 0;

    OK(get(&names, DIAG));
    OK(drmaa_get_num_attr_names(names, &size));
    CHECK(size == expected);
    while (drmaa_get_next_attr_name(names, name, sizeof(name)) == DRMAA_ERRNO_SUCCESS) {
        CHECK(strncmp(name, "drmaa_", 6) == 0);
        seen++;
    }
    CHECK(seen == size);
    CHECK(drmaa_get_next_attr_name(names, name, sizeof(name)) == DRMAA_ERRNO_NO_MORE_ELEMENTS);
    drmaa_release_attr_names(names);
    drmaa_release_attr_names(names);
    CHECK(drmaa_get_next_attr_name(names, name, sizeof(name)) == DRMAA_ERRNO_NO_MORE_ELEMENTS);
}

static void attributes(void)
{
    drmaa_job_template_t *jt = NULL;
    drmaa_attr_values_t *values = NULL;
    const char *argv[] = {"one", "", "three", NULL};
    char value[DRMAA_ATTR_BUFFER];
    int size = 0;

    OK(drmaa_init(NULL, DIAG));
    names_of(drmaa_get_attribute_names, 18);
    names_of(drmaa_get_vector_attribute_names, 3);
    OK(drmaa_allocate_job_template(&jt, DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_WD, "/a", DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_WD, "/b", DIAG));
    OK(drmaa_get_attribute(jt, DRMAA_WD, value, sizeof(value), DIAG));
    CHECK(strcmp(value, "/b") == 0);
    OK(drmaa_get_attribute(jt, DRMAA_JOB_NAME, value, sizeof(value), DIAG));
    CHECK(strcmp(value, "") == 0);
    CHECK(drmaa_set_attribute(jt, "blah", "x", DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_set_attribute(jt, DRMAA_V_ARGV, "x", DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_set_attribute(jt, DRMAA_OUTPUT_PATH, "x", DIAG) == DRMAA_ERRNO_INVALID_ATTRIBUTE_FORMAT);
    CHECK(drmaa_set_attribute(jt, DRMAA_JOIN_FILES, "x", DIAG) == DRMAA_ERRNO_INVALID_ATTRIBUTE_VALUE);
    CHECK(drmaa_set_vector_attribute(jt, "blah", argv, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, argv, DIAG));
    OK(drmaa_get_vector_attribute(jt, DRMAA_V_ARGV, &values, DIAG));
    OK(drmaa_get_num_attr_values(values, &size));
    CHECK(size == 3);
    OK(drmaa_get_next_attr_value(values, value, sizeof(value)));
    CHECK(strcmp(value, "one") == 0);
    OK(drmaa_get_next_attr_value(values, value, sizeof(value)));
    CHECK(strcmp(value, "") == 0);
    OK(drmaa_get_next_attr_value(values, value, sizeof(value)));
    CHECK(strcmp(value, "three") == 0);
    CHECK(drmaa_get_next_attr_value(values, value, sizeof(value)) == DRMAA_ERRNO_NO_MORE_ELEMENTS);
    drmaa_release_attr_values(values);
    OK(drmaa_delete_job_template(jt, DIAG));
    CHECK(drmaa_delete_job_template(jt, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_set_attribute(jt, DRMAA_WD, "/b", DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    OK(drmaa_exit(DIAG));
}

static void nulls(void)
{
    drmaa_job_template_t *jt = NULL;
    char text[64];
    int size = 7;

    drmaa_release_attr_names(NULL);
    drmaa_release_attr_values(NULL);
    drmaa_release_job_ids(NULL);
    CHECK(drmaa_get_next_job_id(NULL, text, sizeof(text)) == DRMAA_ERRNO_NO_MORE_ELEMENTS);
    CHECK(drmaa_get_num_job_ids(NULL, &size) == DRMAA_ERRNO_INVALID_ARGUMENT && size == 7);
    OK(drmaa_init(NULL, NULL, 0));
    CHECK(drmaa_allocate_job_template(NULL, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_delete_job_template(NULL, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_set_attribute(NULL, DRMAA_WD, "/", NULL, 0) == DRMAA_ERRNO_INVALID_ARGUMENT);
    OK(drmaa_allocate_job_template(&jt, DIAG));
    CHECK(drmaa_set_attribute(jt, NULL, "x", DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_set_attribute(jt, DRMAA_WD, NULL, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, NULL, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_get_vector_attribute(jt, DRMAA_V_ARGV, NULL, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_run_job(NULL, 0, jt, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_run_job(text, sizeof(text), NULL, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_run_job(text, sizeof(text), jt, DIAG) == DRMAA_ERRNO_INVALID_ATTRIBUTE_VALUE);
    CHECK(drmaa_job_ps(NULL, &size, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_control(NULL, 0, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_synchronize(NULL, 0, 0, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_wait(NULL, NULL, 0, NULL, 0, NULL, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_wait("x.1.0", NULL, 0, NULL, -7, NULL, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_wifexited(NULL, 1 << 16, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_wifexited(&size, 0, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_wtermsig(text, sizeof(text), 1 << 16, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    OK(drmaa_delete_job_template(jt, NULL, 0));
    OK(drmaa_exit(NULL, 0));
}

static void endings(void)
{
    char id[ID_SIZE], out[ID_SIZE], signal[DRMAA_SIGNAL_BUFFER];
    int stat, yes, code;
    drmaa_attr_values_t *rusage;

    OK(drmaa_init(NULL, DIAG));
    run("exit 77", id, 0);
    OK(drmaa_wait(id, out, sizeof(out), &stat, LIMIT, &rusage, DIAG));
    CHECK(strcmp(id, out) == 0);
    OK(drmaa_get_num_attr_values(rusage, &code));
    CHECK(code > 3);
    OK(drmaa_get_next_attr_value(rusage, out, sizeof(out)));
    CHECK(strchr(out, '=') != NULL);
    drmaa_release_attr_values(rusage);
    OK(drmaa_wifexited(&yes, stat, DIAG));
    OK(drmaa_wexitstatus(&code, stat, DIAG));
    CHECK(yes == 1 && code == 77);
    OK(drmaa_wifsignaled(&yes, stat, DIAG));
    CHECK(yes == 0);
    OK(drmaa_wifaborted(&yes, stat, DIAG));
    CHECK(yes == 0);
    OK(drmaa_wcoredump(&yes, stat, DIAG));
    CHECK(yes == 0);
    run("kill -TERM $$", id, 0);
    OK(drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, out, sizeof(out), &stat, LIMIT, NULL, DIAG));
    CHECK(strcmp(id, out) == 0);
    OK(drmaa_wifexited(&yes, stat, DIAG));
    CHECK(yes == 0);
    OK(drmaa_wifsignaled(&yes, stat, DIAG));
    CHECK(yes == 1);
    OK(drmaa_wtermsig(signal, sizeof(signal), stat, DIAG));
    CHECK(strcmp(signal, "SIGTERM") == 0);
    OK(drmaa_wexitstatus(&code, stat, DIAG));
    CHECK(code == 128 + 15);
    CHECK(drmaa_wait(id, NULL, 0, NULL, 0, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    OK(drmaa_exit(DIAG));
}

static void *submit_and_wait(void *ignored)
{
    char id[256], local[DRMAA_ERROR_STRING_BUFFER];
    const char *argv[] = {"-c", "exit 5", NULL};
    int i, stat, code;

    for (i = 0; i < JOBS_EACH; i++) {
        drmaa_job_template_t *jt = NULL;

        CHECK(drmaa_allocate_job_template(&jt, local, sizeof(local)) == 0);
        CHECK(drmaa_set_attribute(jt, DRMAA_REMOTE_COMMAND, "/bin/sh", local, sizeof(local)) == 0);
        CHECK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, argv, local, sizeof(local)) == 0);
        CHECK(drmaa_run_job(id, sizeof(id), jt, local, sizeof(local)) == 0);
        CHECK(drmaa_delete_job_template(jt, local, sizeof(local)) == 0);
        CHECK(drmaa_wait(id, NULL, 0, &stat, LIMIT, NULL, local, sizeof(local)) == 0);
        CHECK(drmaa_wexitstatus(&code, stat, NULL, 0) == 0 && code == 5);
    }
    return ignored;
}

static void threads(void)
{
    pthread_t running[THREADS];
    int i;

    OK(drmaa_init(NULL, DIAG));
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&running[i], NULL, submit_and_wait, NULL) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(running[i], NULL) == 0);
    CHECK(drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, NULL, 0, NULL, 0, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    OK(drmaa_exit(DIAG));
}

static char long_job[ID_SIZE];
static pthread_barrier_t waiting;

static void *wait_for_ever(void *how)
{
    const char *all[] = {DRMAA_JOB_IDS_SESSION_ALL, NULL};
    char local[DRMAA_ERROR_STRING_BUFFER];
    long result;

    pthread_barrier_wait(&waiting);
    if (how == NULL)
        result = drmaa_wait(long_job, NULL, 0, NULL, FOREVER, NULL, local, sizeof(local));
    else
        result = drmaa_synchronize(all, FOREVER, 0, local, sizeof(local));
    return (void *)result;
}

/* drmaa_exit() must wake all that wait. A thread that comes late finds no session: the same code. */
static void exit_wakes_waiters(void)
{
    pthread_t running[THREADS];
    char local[DRMAA_ERROR_STRING_BUFFER];
    void *result;
    int i;

    OK(drmaa_init(NULL, DIAG));
    run("sleep 86400", long_job, 0);
    pthread_barrier_init(&waiting, NULL, THREADS + 1);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&running[i], NULL, wait_for_ever, i % 2 ? &i : NULL) == 0);
    pthread_barrier_wait(&waiting);
    /* A question to the schedd of our own: by then the others wait or are about to. */
    CHECK(drmaa_wait(long_job, NULL, 0, NULL, 1, NULL, local, sizeof(local)) == DRMAA_ERRNO_EXIT_TIMEOUT);
    OK(drmaa_exit(DIAG));
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(running[i], &result) == 0);
        CHECK((long)result == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    }
    OK(drmaa_init(NULL, DIAG));
    OK(drmaa_control(long_job, DRMAA_CONTROL_TERMINATE, DIAG));
    OK(drmaa_wait(long_job, NULL, 0, NULL, LIMIT, NULL, DIAG));
    OK(drmaa_exit(DIAG));
}

static const struct test tests[] = {
    {"error_codes", error_codes},
    {"before_a_session", before_a_session},
    {"sessions", sessions},
    {"empty_session", empty_session},
    {"attributes", attributes},
    {"nulls", nulls},
    {"endings", endings},
    {"threads", threads},
    {"exit_wakes_waiters", exit_wakes_waiters},
};

int main(int argc, char **argv)
{
    return PERFORM(tests, 0);
}

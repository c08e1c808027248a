/* DRMAA 1.0 from a plain C program: what programs do with jobs.
 *
 * Written from GFD.133. Each test has a session; the current directory is its own.
 */
#include "testing.h"

#define CHUNK 4
#define BULKS 2
#define SUBMITTED (BULKS * CHUNK + CHUNK)

static char ids[SUBMITTED][ID_SIZE];

/* Bulk and single jobs in one session. */
static void mixture(void)
{
    int number = 0, i;

    for (i = 0; i < BULKS; i++)
        number += bulk("exit 0", 1, CHUNK, 0, ids + number);
    for (i = 0; i < CHUNK; i++)
        run("exit 0", ids[number++], 0);
    CHECK(number == SUBMITTED);
}

static void bulk_and_single_one_by_one(void)
{
    int i;

    mixture();
    for (i = SUBMITTED - 1; i >= 0; i--)
        wait_for(ids[i], 0);
}

static void synchronized(int all, int dispose)
{
    const char *every[] = {DRMAA_JOB_IDS_SESSION_ALL, NULL}, *listed[SUBMITTED + 1] = {NULL};
    int i, stat;

    mixture();
    for (i = 0; i < SUBMITTED; i++)
        listed[i] = ids[i];
    stat = drmaa_synchronize(all ? every : listed, LIMIT, dispose, DIAG);
    for (i = 0; stat == DRMAA_ERRNO_EXIT_TIMEOUT && i < SUBMITTED; i++)
        fprintf(stderr, "%s: state 0x%02x\n", ids[i], state_of(ids[i]));
    OK(stat);
    for (i = 0; i < SUBMITTED; i++)
        CHECK(state_of(ids[i]) == DRMAA_PS_DONE);
    for (i = 0; !dispose && i < SUBMITTED; i++) {
        OK(drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, NULL, 0, &stat, 0, NULL, DIAG));
        CHECK(exit_code(stat) == 0);
    }
    CHECK(drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, NULL, 0, &stat, 0, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    CHECK(drmaa_wait(ids[0], NULL, 0, &stat, 0, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    OK(drmaa_synchronize(listed, 0, 1, DIAG));
}

static void synchronize_all_and_dispose(void) { synchronized(1, 1); }
static void synchronize_all_and_keep(void) { synchronized(1, 0); }
static void synchronize_ids_and_dispose(void) { synchronized(0, 1); }
static void synchronize_ids_and_keep(void) { synchronized(0, 0); }

static void every_exit_code(void)
{
    static char all[256][ID_SIZE];
    const char *every[] = {DRMAA_JOB_IDS_SESSION_ALL, NULL};
    int i, stat;

    CHECK(bulk("exit $((DRMAA_JOB_INDEX - 1))", 1, 256, 0, all) == 256);
    OK(drmaa_synchronize(every, LIMIT, 0, DIAG));
    for (i = 0; i < 256; i++) {
        CHECK(state_of(all[i]) == (i == 0 ? DRMAA_PS_DONE : DRMAA_PS_FAILED));
        OK(drmaa_wait(all[i], NULL, 0, &stat, 0, NULL, DIAG));
        CHECK(exit_code(stat) == i);
        CHECK(!aborted(stat));
    }
}

static void signals(void)
{
    static const char *const names[] = {"KILL", "TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "ALRM"};
    char script[64], name[DRMAA_SIGNAL_BUFFER], expected[16], id[8][ID_SIZE];
    int i, stat, yes;

    for (i = 0; i < 8; i++) {
        snprintf(script, sizeof(script), "ulimit -c 0; kill -%s $$", names[i]);
        run(script, id[i], 0);
    }
    for (i = 0; i < 8; i++) {
        OK(drmaa_wait(id[i], NULL, 0, &stat, LIMIT, NULL, DIAG));
        OK(drmaa_wifsignaled(&yes, stat, DIAG));
        snprintf(diag, sizeof(diag), "kill -%s came to 0x%x", names[i], (unsigned)stat);
        CHECK(yes);
        OK(drmaa_wifexited(&yes, stat, DIAG));
        CHECK(!yes && !aborted(stat));
        OK(drmaa_wtermsig(name, sizeof(name), stat, DIAG));
        snprintf(expected, sizeof(expected), "SIG%s", names[i]);
        CHECK(strcmp(name, expected) == 0);
    }
}

static void unusable_file(const char *attribute)
{
    drmaa_job_template_t *jt = shell("exit 0");
    const char *listed[] = {ids[0], NULL};

    OK(drmaa_set_attribute(jt, attribute, ":/not/there/file", DIAG));
    if (strcmp(attribute, DRMAA_INPUT_PATH) != 0)
        OK(drmaa_set_attribute(jt, DRMAA_JOIN_FILES, "n", DIAG));
    OK(drmaa_run_job(ids[0], ID_SIZE, jt, DIAG));
    OK(drmaa_delete_job_template(jt, DIAG));
    OK(drmaa_synchronize(listed, LIMIT, 0, DIAG));
    CHECK(state_of(ids[0]) == DRMAA_PS_FAILED);
    wait_for_aborted(ids[0]);
}

static void unusable_files(void)
{
    unusable_file(DRMAA_INPUT_PATH);
    unusable_file(DRMAA_OUTPUT_PATH);
    unusable_file(DRMAA_ERROR_PATH);
}

static void held_then_released_or_ended(void)
{
    int i;

    run("exit 3", ids[0], 1);
    run("exit 3", ids[1], 1);
    for (i = 0; i < 2; i++)
        CHECK(state_of(ids[i]) == DRMAA_PS_USER_ON_HOLD);
    OK(drmaa_control(ids[0], DRMAA_CONTROL_RELEASE, DIAG));
    OK(drmaa_control(ids[1], DRMAA_CONTROL_TERMINATE, DIAG));
    wait_for(ids[0], 3);
    wait_for_aborted(ids[1]);
}

static void held_bulk(int session, int action)
{
    int i, number = bulk("exit 4", 1, CHUNK, 1, ids);

    for (i = 0; i < number; i++)
        CHECK(state_of(ids[i]) == DRMAA_PS_USER_ON_HOLD);
    if (session)
        OK(drmaa_control(DRMAA_JOB_IDS_SESSION_ALL, action, DIAG));
    for (i = 0; !session && i < number; i++)
        OK(drmaa_control(ids[i], action, DIAG));
    for (i = 0; i < number; i++)
        if (action == DRMAA_CONTROL_RELEASE)
            wait_for(ids[i], 4);
        else
            wait_for_aborted(ids[i]);
}

static void held_bulks(void)
{
    held_bulk(0, DRMAA_CONTROL_RELEASE);
    held_bulk(1, DRMAA_CONTROL_RELEASE);
    held_bulk(0, DRMAA_CONTROL_TERMINATE);
    held_bulk(1, DRMAA_CONTROL_TERMINATE);
}

static void ended_in_every_state(void)
{
    drmaa_job_template_t *jt = shell("exit 0");

    OK(drmaa_set_attribute(jt, DRMAA_NATIVE_SPECIFICATION, "requirements = false", DIAG));
    OK(drmaa_run_job(ids[0], ID_SIZE, jt, DIAG));
    OK(drmaa_delete_job_template(jt, DIAG));
    run("sleep 86400", ids[1], 0);
    run("touch begun; exec sleep 86400", ids[2], 0);
    CHECK(state_of(ids[0]) == DRMAA_PS_QUEUED_ACTIVE);
    reach(ids[1], DRMAA_PS_RUNNING);
    wait_for_file("begun");
    reach(ids[2], DRMAA_PS_RUNNING);
    OK(drmaa_control(ids[2], DRMAA_CONTROL_SUSPEND, DIAG));
    reach(ids[2], DRMAA_PS_USER_SUSPENDED);
    OK(drmaa_control(DRMAA_JOB_IDS_SESSION_ALL, DRMAA_CONTROL_TERMINATE, DIAG));
    wait_for_aborted(ids[0]);
    wait_for_aborted(ids[1]);
    wait_for_aborted(ids[2]);
    run("exit 0", ids[3], 0);
    reach(ids[3], DRMAA_PS_DONE);
    CHECK(drmaa_control(ids[3], DRMAA_CONTROL_TERMINATE, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    CHECK(drmaa_control(ids[3], DRMAA_CONTROL_SUSPEND, DIAG) == DRMAA_ERRNO_SUSPEND_INCONSISTENT_STATE);
    CHECK(drmaa_control(ids[3], DRMAA_CONTROL_RESUME, DIAG) == DRMAA_ERRNO_RESUME_INCONSISTENT_STATE);
    CHECK(drmaa_control(ids[3], DRMAA_CONTROL_HOLD, DIAG) == DRMAA_ERRNO_HOLD_INCONSISTENT_STATE);
    CHECK(drmaa_control(ids[3], DRMAA_CONTROL_RELEASE, DIAG) == DRMAA_ERRNO_RELEASE_INCONSISTENT_STATE);
    wait_for(ids[3], 0);
}

static void suspended_and_resumed(void)
{
    FILE *door;

    run("touch begun; while [ ! -e door ]; do sleep 0.2; done; exit 2", ids[0], 0);
    wait_for_file("begun");
    reach(ids[0], DRMAA_PS_RUNNING);
    OK(drmaa_control(ids[0], DRMAA_CONTROL_SUSPEND, DIAG));
    reach(ids[0], DRMAA_PS_USER_SUSPENDED);
    OK(drmaa_control(ids[0], DRMAA_CONTROL_RESUME, DIAG));
    reach(ids[0], DRMAA_PS_RUNNING);
    CHECK((door = fopen("door", "w")) != NULL && fclose(door) == 0);
    wait_for(ids[0], 2);
}

static void asked_again_and_again(void)
{
    const char *listed[] = {ids[1], NULL};
    int stat, code, i;
    long timeouts[] = {1, DRMAA_TIMEOUT_NO_WAIT};

    for (i = 0; i < 2; i++) {
        run("sleep 2; exit 1", ids[0], 0);
        run("sleep 2; exit 1", ids[1], 0);
        while ((code = drmaa_wait(ids[0], NULL, 0, &stat, timeouts[i], NULL, DIAG)) == DRMAA_ERRNO_EXIT_TIMEOUT)
            usleep(timeouts[i] ? 0 : 200000);
        OK(code);
        CHECK(exit_code(stat) == 1);
        while ((code = drmaa_synchronize(listed, timeouts[i], 1, DIAG)) == DRMAA_ERRNO_EXIT_TIMEOUT)
            usleep(timeouts[i] ? 0 : 200000);
        OK(code);
    }
}

static void expect_file(const char *path, const char *expected)
{
    char found[256] = "";
    FILE *file = fopen(path, "r");

    CHECK(file != NULL);
    found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
    fclose(file);
    if (strcmp(found, expected) != 0) {
        fprintf(stderr, "%s: '%s' where '%s' should be\n", path, found, expected);
        exit(1);
    }
}

/* One template for several jobs, changed in between: each job has what was set when it was submitted. */
static void changed_template(void)
{
    drmaa_job_template_t *jt = shell("cat; echo \"$V $1\"; echo problem >&2");
    const char *first[] = {"-c", "cat; echo \"$V $1\"; echo problem >&2", "sh", "one", NULL};
    const char *second[] = {"-c", "cat; echo \"$V $1\"; echo problem >&2", "sh", "two", NULL};
    const char *env[] = {"V=1", "W=2", NULL}, *other[] = {"V=3", NULL};
    char here[1024];
    FILE *file = fopen("input", "w");

    CHECK(file != NULL && fputs("input\n", file) >= 0 && fclose(file) == 0);
    CHECK(getcwd(here, sizeof(here)) != NULL);
    OK(drmaa_set_attribute(jt, DRMAA_WD, here, DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_INPUT_PATH, ":" DRMAA_PLACEHOLDER_WD "/input", DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_OUTPUT_PATH, ":" DRMAA_PLACEHOLDER_WD "/first", DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_JOIN_FILES, "y", DIAG));
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, first, DIAG));
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ENV, env, DIAG));
    OK(drmaa_run_job(ids[0], ID_SIZE, jt, DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_OUTPUT_PATH, "localhost:" DRMAA_PLACEHOLDER_WD "/second", DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_ERROR_PATH, ":third", DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_JOIN_FILES, "n", DIAG));
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, second, DIAG));
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ENV, other, DIAG));
    OK(drmaa_run_job(ids[1], ID_SIZE, jt, DIAG));
    OK(drmaa_delete_job_template(jt, DIAG));
    wait_for(ids[0], 0);
    wait_for(ids[1], 0);
    expect_file("first", "input\n1 one\nproblem\n");
    expect_file("second", "input\n3 two\n");
    expect_file("third", "problem\n");
}

static const struct test tests[] = {
    {"bulk_and_single_one_by_one", bulk_and_single_one_by_one},
    {"synchronize_all_and_dispose", synchronize_all_and_dispose},
    {"synchronize_all_and_keep", synchronize_all_and_keep},
    {"synchronize_ids_and_dispose", synchronize_ids_and_dispose},
    {"synchronize_ids_and_keep", synchronize_ids_and_keep},
    {"every_exit_code", every_exit_code},
    {"signals", signals},
    {"unusable_files", unusable_files},
    {"held_then_released_or_ended", held_then_released_or_ended},
    {"held_bulks", held_bulks},
    {"ended_in_every_state", ended_in_every_state},
    {"suspended_and_resumed", suspended_and_resumed},
    {"asked_again_and_again", asked_again_and_again},
    {"changed_template", changed_template},
};

int main(int argc, char **argv)
{
    return PERFORM(tests, 1);
}

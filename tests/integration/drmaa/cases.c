/* DRMAA 1.0 from a plain C program: what programs do with sessions, threads and jobs.
 *
 * Written from GFD.133. One function a test, named on the command line; exit code 0: passed.
 * The current directory is the test's own.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drmaa.h"

#define FOREVER DRMAA_TIMEOUT_WAIT_FOREVER
#define LIMIT 120
#define THREADS 3
#define CHUNK 4
#define BULKS 2
#define SUBMITTED (BULKS * CHUNK + CHUNK)

static __thread char diag[DRMAA_ERROR_STRING_BUFFER];
static char ids[SUBMITTED][128];

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s; diagnosis: %s\n", __FILE__, __LINE__, #condition, diag); \
            exit(1); \
        } \
    } while (0)
#define OK(call) CHECK((call) == DRMAA_ERRNO_SUCCESS)
#define DIAG diag, sizeof(diag)

static drmaa_job_template_t *shell(const char *script)
{
    drmaa_job_template_t *jt = NULL;
    const char *argv[] = {"-c", script, NULL};

    OK(drmaa_allocate_job_template(&jt, DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_REMOTE_COMMAND, "/bin/sh", DIAG));
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, argv, DIAG));
    return jt;
}

static void run(const char *script, char *id, int hold)
{
    drmaa_job_template_t *jt = shell(script);

    if (hold)
        OK(drmaa_set_attribute(jt, DRMAA_JS_STATE, DRMAA_SUBMISSION_STATE_HOLD, DIAG));
    OK(drmaa_run_job(id, 128, jt, DIAG));
    OK(drmaa_delete_job_template(jt, DIAG));
}

static int bulk(const char *script, int first, int number, int hold, char (*into)[128])
{
    drmaa_job_template_t *jt = shell(script);
    drmaa_job_ids_t *made;
    int seen = 0, size;

    if (hold)
        OK(drmaa_set_attribute(jt, DRMAA_JS_STATE, DRMAA_SUBMISSION_STATE_HOLD, DIAG));
    OK(drmaa_run_bulk_jobs(&made, jt, first, first + number - 1, 1, DIAG));
    OK(drmaa_get_num_job_ids(made, &size));
    CHECK(size == number);
    while (drmaa_get_next_job_id(made, into[seen], 128) == DRMAA_ERRNO_SUCCESS)
        seen++;
    drmaa_release_job_ids(made);
    OK(drmaa_delete_job_template(jt, DIAG));
    return seen;
}

static int state_of(const char *id)
{
    int state;

    OK(drmaa_job_ps(id, &state, DIAG));
    return state;
}

static void reach(const char *id, int wanted)
{
    int tries;

    for (tries = 0; state_of(id) != wanted; tries++) {
        CHECK(tries < LIMIT * 10);
        usleep(100000);
    }
}

static int aborted(int stat)
{
    int yes, other;

    OK(drmaa_wifaborted(&yes, stat, DIAG));
    OK(drmaa_wifexited(&other, stat, DIAG));
    CHECK(!(yes && other));
    return yes;
}

static int exit_code(int stat)
{
    int yes, code;

    OK(drmaa_wifexited(&yes, stat, DIAG));
    CHECK(yes);
    OK(drmaa_wexitstatus(&code, stat, DIAG));
    return code;
}

static void wait_for(const char *id, int code)
{
    int stat;

    OK(drmaa_wait(id, NULL, 0, &stat, LIMIT, NULL, DIAG));
    CHECK(exit_code(stat) == code);
    CHECK(drmaa_wait(id, NULL, 0, &stat, 0, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
}

static void wait_for_aborted(const char *id)
{
    int stat;

    OK(drmaa_wait(id, NULL, 0, &stat, LIMIT, NULL, DIAG));
    CHECK(aborted(stat));
    CHECK(state_of(id) == DRMAA_PS_FAILED);
}

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
    static char all[256][128];
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
    char script[64], name[DRMAA_SIGNAL_BUFFER], expected[16], id[8][128];
    int i, stat, yes;

    for (i = 0; i < 8; i++) {
        snprintf(script, sizeof(script), "ulimit -c 0; kill -%s $$", names[i]);
        run(script, id[i], 0);
    }
    for (i = 0; i < 8; i++) {
        OK(drmaa_wait(id[i], NULL, 0, &stat, LIMIT, NULL, DIAG));
        OK(drmaa_wifsignaled(&yes, stat, DIAG));
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
    OK(drmaa_run_job(ids[0], 128, jt, DIAG));
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
    OK(drmaa_run_job(ids[0], 128, jt, DIAG));
    OK(drmaa_delete_job_template(jt, DIAG));
    run("sleep 600", ids[1], 0);
    run("sleep 600", ids[2], 0);
    CHECK(state_of(ids[0]) == DRMAA_PS_QUEUED_ACTIVE);
    reach(ids[1], DRMAA_PS_RUNNING);
    reach(ids[2], DRMAA_PS_RUNNING);
    OK(drmaa_control(ids[2], DRMAA_CONTROL_SUSPEND, DIAG));
    CHECK(state_of(ids[2]) == DRMAA_PS_USER_SUSPENDED);
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
    run("sleep 3; exit 2", ids[0], 0);
    reach(ids[0], DRMAA_PS_RUNNING);
    OK(drmaa_control(ids[0], DRMAA_CONTROL_SUSPEND, DIAG));
    CHECK(state_of(ids[0]) == DRMAA_PS_USER_SUSPENDED);
    OK(drmaa_control(ids[0], DRMAA_CONTROL_RESUME, DIAG));
    CHECK(state_of(ids[0]) == DRMAA_PS_RUNNING);
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
    OK(drmaa_run_job(ids[0], 128, jt, DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_OUTPUT_PATH, "localhost:" DRMAA_PLACEHOLDER_WD "/second", DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_ERROR_PATH, ":third", DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_JOIN_FILES, "n", DIAG));
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, second, DIAG));
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ENV, other, DIAG));
    OK(drmaa_run_job(ids[1], 128, jt, DIAG));
    OK(drmaa_delete_job_template(jt, DIAG));
    wait_for(ids[0], 0);
    wait_for(ids[1], 0);
    expect_file("first", "input\n1 one\nproblem\n");
    expect_file("second", "input\n3 two\n");
    expect_file("third", "problem\n");
}

static int submissions_until(long stop_at, long *last)
{
    const char *argv[] = {"-c", "exit 0", NULL};
    char id[128];
    int number = 0, code = 0;

    while (number < stop_at && code == 0) {
        drmaa_job_template_t *jt = NULL;

        code = drmaa_allocate_job_template(&jt, DIAG);
        if (code == 0) {
            CHECK(drmaa_set_attribute(jt, DRMAA_REMOTE_COMMAND, "/bin/sh", DIAG) == 0);
            CHECK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, argv, DIAG) == 0);
            code = drmaa_run_job(id, sizeof(id), jt, DIAG);
            OK(drmaa_delete_job_template(jt, DIAG));
        }
        if (code == 0)
            number++;
    }
    *last = code;
    return number;
}

static void *submit_chunk(void *tries)
{
    long last, done = 0;

    /* Without a session nothing is accepted; once there is one, all is. */
    while (done < CHUNK) {
        done += submissions_until(CHUNK - done, &last);
        CHECK(last == 0 || last == DRMAA_ERRNO_NO_ACTIVE_SESSION);
        if (last != 0) {
            __sync_fetch_and_add((int *)tries, 1);
            usleep(1000);
        }
    }
    return NULL;
}

static void threads_that_submit_before_there_is_a_session(void)
{
    pthread_t running[THREADS];
    int i, stat, refused = 0;

    OK(drmaa_exit(DIAG));
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&running[i], NULL, submit_chunk, &refused) == 0);
    while (__sync_fetch_and_add(&refused, 0) < THREADS)
        usleep(1000);
    OK(drmaa_init(NULL, DIAG));
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(running[i], NULL) == 0);
    for (i = 0; i < THREADS * CHUNK; i++) {
        OK(drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, NULL, 0, &stat, LIMIT, NULL, DIAG));
        CHECK(exit_code(stat) == 0);
    }
    CHECK(drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, NULL, 0, &stat, 0, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
}

static void *submit_until_the_end(void *number)
{
    long last;

    __sync_fetch_and_add((int *)number, submissions_until(1, &last));
    CHECK(last == 0 || last == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    while (last == 0)
        __sync_fetch_and_add((int *)number, submissions_until(1, &last));
    CHECK(last == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    return NULL;
}

static void *wait_until_the_end(void *ignored)
{
    int code, stat;

    do
        code = drmaa_wait(DRMAA_JOB_IDS_SESSION_ANY, NULL, 0, &stat, FOREVER, NULL, DIAG);
    while (code == 0 || code == DRMAA_ERRNO_INVALID_JOB);
    CHECK(code == DRMAA_ERRNO_NO_ACTIVE_SESSION);
    return ignored;
}

static void the_session_ends_while_threads_submit_and_wait(void)
{
    pthread_t submitting[THREADS], waiting[THREADS];
    int i, number = 0;

    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&submitting[i], NULL, submit_until_the_end, &number) == 0);
        CHECK(pthread_create(&waiting[i], NULL, wait_until_the_end, NULL) == 0);
    }
    while (__sync_fetch_and_add(&number, 0) < THREADS * CHUNK)
        usleep(1000);
    OK(drmaa_exit(DIAG));
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(submitting[i], NULL) == 0);
        CHECK(pthread_join(waiting[i], NULL) == 0);
    }
    OK(drmaa_init(NULL, DIAG));
}

static void earlier_sessions_jobs(void)
{
    const char *listed[] = {ids[0], NULL};

    run("exit 7", ids[0], 0);
    run("exit 8", ids[1], 1);
    OK(drmaa_exit(DIAG));
    OK(drmaa_init(NULL, DIAG));
    OK(drmaa_synchronize(listed, LIMIT, 0, DIAG));
    wait_for(ids[0], 7);
    OK(drmaa_control(ids[1], DRMAA_CONTROL_RELEASE, DIAG));
    wait_for(ids[1], 8);
}

static void what_does_not_exist(void)
{
    drmaa_job_template_t *jt = shell("exit 0");
    drmaa_attr_values_t *values = NULL;
    const char *one[] = {"x", NULL};
    char value[16], id[128];
    const char *listed[] = {id, NULL};
    int state, size;
    drmaa_job_ids_t *made;

    CHECK(drmaa_set_attribute(jt, "drmaa_blah", "x", DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_get_attribute(jt, "drmaa_blah", value, sizeof(value), DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_set_vector_attribute(jt, "drmaa_v_blah", one, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_get_vector_attribute(jt, "drmaa_v_blah", &values, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(values == NULL);
    OK(drmaa_get_vector_attribute(jt, DRMAA_V_EMAIL, &values, DIAG));
    OK(drmaa_get_num_attr_values(values, &size));
    CHECK(size == 0);
    drmaa_release_attr_values(values);
    OK(drmaa_get_contact(id, sizeof(id) - 16, DIAG));
    strcat(id, ".987654.0");
    CHECK(drmaa_job_ps(id, &state, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    CHECK(drmaa_control(id, DRMAA_CONTROL_HOLD, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    CHECK(drmaa_wait(id, NULL, 0, NULL, LIMIT, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    CHECK(drmaa_synchronize(listed, LIMIT, 0, DIAG) == DRMAA_ERRNO_INVALID_JOB);
    CHECK(drmaa_run_bulk_jobs(&made, jt, 0, 3, 1, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_run_bulk_jobs(&made, jt, 3, 1, 1, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_run_bulk_jobs(&made, jt, 1, 3, 0, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_run_bulk_jobs(&made, jt, 1, 3, -1, DIAG) == DRMAA_ERRNO_INVALID_ARGUMENT);
    CHECK(drmaa_run_bulk_jobs(&made, jt, 1, 2147483647, 1, DIAG) == DRMAA_ERRNO_DENIED_BY_DRM);
    OK(drmaa_delete_job_template(jt, DIAG));
}

/* What a job used. */
static void usage(void)
{
    static const char *const wanted[] = {"submission_time=", "start_time=", "end_time=", "ru_wallclock=", "hostname="};
    drmaa_attr_values_t *rusage;
    char value[DRMAA_ATTR_BUFFER];
    int i, stat, found = 0;

    run("exit 0", ids[0], 0);
    OK(drmaa_wait(ids[0], NULL, 0, &stat, LIMIT, &rusage, DIAG));
    while (drmaa_get_next_attr_value(rusage, value, sizeof(value)) == DRMAA_ERRNO_SUCCESS) {
        CHECK(strchr(value, '=') != NULL);
        for (i = 0; i < 5; i++)
            found += strncmp(value, wanted[i], strlen(wanted[i])) == 0;
    }
    CHECK(found == 5);
    drmaa_release_attr_values(rusage);
}

/* The library's own processes are none of the program's children. */
static void no_children(void)
{
    run("exit 0", ids[0], 0);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    wait_for(ids[0], 0);
}

static const struct {
    const char *name;
    void (*test)(void);
} tests[] = {
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
    {"threads_that_submit_before_there_is_a_session", threads_that_submit_before_there_is_a_session},
    {"the_session_ends_while_threads_submit_and_wait", the_session_ends_while_threads_submit_and_wait},
    {"earlier_sessions_jobs", earlier_sessions_jobs},
    {"what_does_not_exist", what_does_not_exist},
    {"usage", usage},
    {"no_children", no_children},
};

int main(int argc, char **argv)
{
    size_t i;

    for (i = 0; i < sizeof(tests) / sizeof(*tests); i++)
        if (argc == 2 && strcmp(argv[1], tests[i].name) == 0) {
            OK(drmaa_init(NULL, DIAG));
            tests[i].test();
            OK(drmaa_control(DRMAA_JOB_IDS_SESSION_ALL, DRMAA_CONTROL_TERMINATE, DIAG));
            OK(drmaa_exit(DIAG));
            return 0;
        }
    for (i = 0; i < sizeof(tests) / sizeof(*tests); i++)
        puts(tests[i].name);
    return 2;
}

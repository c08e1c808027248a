/* What the C tests of the library share: checks, and jobs that are a line of shell.
 *
 * One function a test, named on the command line; exit code 0: passed. Without a name the tests are listed.
 */
#ifndef TESTING_H
#define TESTING_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drmaa.h"

#define FOREVER DRMAA_TIMEOUT_WAIT_FOREVER
#define LIMIT 1200 /* seconds, also for hundreds of jobs on a slow machine */
#define ID_SIZE 256

static __thread char diag[DRMAA_ERROR_STRING_BUFFER];

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s; diagnosis: %s\n", __FILE__, __LINE__, #condition, diag); \
            exit(1); \
        } \
    } while (0)
#define OK(call) CHECK((call) == DRMAA_ERRNO_SUCCESS)
#define DIAG diag, sizeof(diag)

struct test {
    const char *name;
    void (*run)(void);
};

static inline drmaa_job_template_t *shell(const char *script)
{
    drmaa_job_template_t *jt = NULL;
    const char *argv[] = {"-c", script, NULL};

    OK(drmaa_allocate_job_template(&jt, DIAG));
    OK(drmaa_set_attribute(jt, DRMAA_REMOTE_COMMAND, "/bin/sh", DIAG));
    OK(drmaa_set_vector_attribute(jt, DRMAA_V_ARGV, argv, DIAG));
    return jt;
}

static inline void run(const char *script, char *id, int hold)
{
    drmaa_job_template_t *jt = shell(script);

    if (hold)
        OK(drmaa_set_attribute(jt, DRMAA_JS_STATE, DRMAA_SUBMISSION_STATE_HOLD, DIAG));
    OK(drmaa_run_job(id, ID_SIZE, jt, DIAG));
    OK(drmaa_delete_job_template(jt, DIAG));
}

static inline int bulk(const char *script, int first, int number, int hold, char (*into)[ID_SIZE])
{
    drmaa_job_template_t *jt = shell(script);
    drmaa_job_ids_t *made;
    int seen = 0, size;

    if (hold)
        OK(drmaa_set_attribute(jt, DRMAA_JS_STATE, DRMAA_SUBMISSION_STATE_HOLD, DIAG));
    OK(drmaa_run_bulk_jobs(&made, jt, first, first + number - 1, 1, DIAG));
    OK(drmaa_get_num_job_ids(made, &size));
    CHECK(size == number);
    while (drmaa_get_next_job_id(made, into[seen], ID_SIZE) == DRMAA_ERRNO_SUCCESS)
        seen++;
    drmaa_release_job_ids(made);
    OK(drmaa_delete_job_template(jt, DIAG));
    return seen;
}

static inline int state_of(const char *id)
{
    int state;

    OK(drmaa_job_ps(id, &state, DIAG));
    return state;
}

static inline void reach(const char *id, int wanted)
{
    int tries;

    for (tries = 0; state_of(id) != wanted; tries++) {
        CHECK(tries < LIMIT * 10);
        usleep(100000);
    }
}

/* HTCondor's "running" comes before the job's program has begun: what it does itself is the sign of that. */
static inline void wait_for_file(const char *path)
{
    int tries;

    for (tries = 0; access(path, F_OK) != 0; tries++) {
        CHECK(tries < LIMIT * 10);
        usleep(100000);
    }
}

static inline int aborted(int stat)
{
    int yes, other;

    OK(drmaa_wifaborted(&yes, stat, DIAG));
    OK(drmaa_wifexited(&other, stat, DIAG));
    CHECK(!(yes && other));
    return yes;
}

static inline int exit_code(int stat)
{
    int yes, code;

    OK(drmaa_wifexited(&yes, stat, DIAG));
    CHECK(yes);
    OK(drmaa_wexitstatus(&code, stat, DIAG));
    return code;
}

static inline void wait_for(const char *id, int code)
{
    int stat;

    OK(drmaa_wait(id, NULL, 0, &stat, LIMIT, NULL, DIAG));
    CHECK(exit_code(stat) == code);
    CHECK(drmaa_wait(id, NULL, 0, &stat, 0, NULL, DIAG) == DRMAA_ERRNO_INVALID_JOB);
}

static inline void wait_for_aborted(const char *id)
{
    int stat;

    OK(drmaa_wait(id, NULL, 0, &stat, LIMIT, NULL, DIAG));
    CHECK(aborted(stat));
    CHECK(state_of(id) == DRMAA_PS_FAILED);
}

/* The named test, in a session of its own where it wants one; whatever it leaves is ended. */
static inline int perform(const struct test *tests, size_t number, int with_session, int argc, char **argv)
{
    size_t i;

    for (i = 0; i < number; i++)
        if (argc == 2 && strcmp(argv[1], tests[i].name) == 0) {
            if (with_session)
                OK(drmaa_init(NULL, DIAG));
            tests[i].run();
            if (with_session) {
                OK(drmaa_control(DRMAA_JOB_IDS_SESSION_ALL, DRMAA_CONTROL_TERMINATE, DIAG));
                OK(drmaa_exit(DIAG));
            }
            return 0;
        }
    for (i = 0; i < number; i++)
        puts(tests[i].name);
    return 2;
}

#define PERFORM(tests, with_session) perform(tests, sizeof(tests) / sizeof(*(tests)), with_session, argc, argv)

#endif

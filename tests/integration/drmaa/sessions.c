/* DRMAA 1.0 from a plain C program: sessions, threads, and what lies outside of a session.
 *
 * Written from GFD.133. Each test has a session; the current directory is its own.
 */
#include <errno.h>
#include <sys/wait.h>

#include "testing.h"

#define THREADS 3
#define CHUNK 4

static char ids[2][ID_SIZE];

static int submissions_until(long stop_at, long *last)
{
    const char *argv[] = {"-c", "exit 0", NULL};
    char id[ID_SIZE];
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
    char value[16], id[ID_SIZE];
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

static const struct test tests[] = {
    {"threads_that_submit_before_there_is_a_session", threads_that_submit_before_there_is_a_session},
    {"the_session_ends_while_threads_submit_and_wait", the_session_ends_while_threads_submit_and_wait},
    {"earlier_sessions_jobs", earlier_sessions_jobs},
    {"what_does_not_exist", what_does_not_exist},
    {"usage", usage},
    {"no_children", no_children},
};

int main(int argc, char **argv)
{
    return PERFORM(tests, 1);
}

/* What must be C: finding and starting Python before the first call reaches it.
 *
 * build.py appends the DRMAA functions, made from the prototypes in drmaa.h. Each calls its
 * Python counterpart, which answers with the DRMAA code plus one: cffi answers 0 when Python
 * can't be reached, and that must never look like DRMAA_ERRNO_SUCCESS.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The virtual environment that has what the library needs; empty where there is none. */
static char drmaa_environment[PATH_MAX] = "";
static pthread_once_t started = PTHREAD_ONCE_INIT;
static char problem[PATH_MAX + 256];

/* The virtual environment that the library lies in, else the one that it was built in. */
static int find_environment(const char *library, char *prefix, size_t size)
{
    char marker[PATH_MAX + 16];
    char *slash;

    snprintf(prefix, size, "%s", library);
    while ((slash = strrchr(prefix, '/')) != NULL) {
        *slash = '\0';
        snprintf(marker, sizeof(marker), "%s/pyvenv.cfg", prefix);
        if (access(marker, R_OK) == 0)
            return 1;
    }
    snprintf(prefix, size, "%s", DRMAA_BUILD_PREFIX);
    snprintf(marker, sizeof(marker), "%s/pyvenv.cfg", prefix);
    return access(marker, R_OK) == 0;
}

/* Start an interpreter that takes nothing from the environment of the program around it. */
static void start_interpreter(const char *prefix)
{
    PyPreConfig preconfig;
    PyConfig config;
    PyStatus status;
    char python[PATH_MAX + 16];

    PyPreConfig_InitIsolatedConfig(&preconfig);
    preconfig.utf8_mode = 1;
    status = Py_PreInitialize(&preconfig);
    if (PyStatus_Exception(status)) {
        snprintf(problem, sizeof(problem), "Python can't be started: %s", status.err_msg);
        return;
    }
    PyConfig_InitIsolatedConfig(&config);
    config.install_signal_handlers = 0;
    if (prefix != NULL) {
        snprintf(python, sizeof(python), "%s/bin/python", prefix);
        PyConfig_SetBytesString(&config, &config.executable, python);
        PyConfig_SetBytesString(&config, &config.program_name, python);
    }
    status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        snprintf(problem, sizeof(problem), "Python can't be started: %s", status.err_msg);
    else
        PyEval_SaveThread();
}

/* Let the interpreter find the package that this library belongs to and what that needs, whoever's
 * interpreter it is: the folders go last, so they replace nothing that the program itself uses. */
static void add_folders(const char *library, const char *prefix)
{
    static const char code[] =
        "import sys, importlib.util\n"
        "def lacks(*names):\n"
        "    return any(importlib.util.find_spec(name) is None for name in names)\n"
        "if lacks('owl'):\n"
        "    sys.path.append(package)\n"
        "if environment and lacks('_cffi_backend'):\n"
        "    sys.path.append(environment)\n";
    char package[PATH_MAX], environment[PATH_MAX + 64] = "";
    char *slash;
    PyGILState_STATE gil;
    PyObject *globals, *result = NULL;
    int level;

    snprintf(package, sizeof(package), "%s", library);
    for (level = 0; level < 3; level++)
        if ((slash = strrchr(package, '/')) != NULL)
            *slash = '\0';
    if (prefix != NULL)
        snprintf(environment, sizeof(environment), "%s/lib/python%d.%d/site-packages", prefix,
                 PY_MAJOR_VERSION, PY_MINOR_VERSION);
    gil = PyGILState_Ensure();
    globals = Py_BuildValue("{s:s,s:s,s:O}", "package", package, "environment", environment,
                            "__builtins__", PyEval_GetBuiltins());
    if (globals != NULL)
        result = PyRun_String(code, Py_file_input, globals, globals);
    /* What is missing after this is told when it is imported. */
    if (result == NULL)
        PyErr_Clear();
    Py_XDECREF(result);
    Py_XDECREF(globals);
    PyGILState_Release(gil);
}

/* Let cffi make its side ready, once and before any call needs it.
 *
 * Before Python 3.12 cffi (2.1, _embedding.h) locks itself with the version tag of the capsules' type, which
 * must be 0 there. It isn't once the program has looked an attribute of a capsule up, and cffi would wait for
 * ever. The tag is only a cache: PyType_Modified sets it back, and nobody else can set it while the GIL is ours. */
static void start_cffi(void)
{
    PyGILState_STATE gil = PyGILState_Ensure();

#if PY_VERSION_HEX < 0x030C0000
    PyType_Modified(&PyCapsule_Type);
#endif
    /* Where it fails cffi has said why on standard error, and every function answers 0. */
    (void)cffi_start_python();
    PyGILState_Release(gil);
}

static void start_python(void)
{
    char library[PATH_MAX];
    const char *prefix;
    char version[16];
    Dl_info info;

    if (dladdr((void *)start_python, &info) == 0 || realpath(info.dli_fname, library) == NULL) {
        snprintf(problem, sizeof(problem), "the DRMAA library can't find its own file");
        return;
    }
    snprintf(version, sizeof(version), "%d.%d.", PY_MAJOR_VERSION, PY_MINOR_VERSION);
    if (strncmp(Py_GetVersion(), version, strlen(version)) != 0) {
        snprintf(problem, sizeof(problem),
                 "%s was built for Python %d.%d but is loaded into Python %.*s: install it for that Python",
                 library, PY_MAJOR_VERSION, PY_MINOR_VERSION, (int)strcspn(Py_GetVersion(), " "),
                 Py_GetVersion());
        return;
    }
    if (!find_environment(library, drmaa_environment, sizeof(drmaa_environment)))
        drmaa_environment[0] = '\0';
    prefix = drmaa_environment[0] != '\0' ? drmaa_environment : NULL;
    if (!Py_IsInitialized())
        start_interpreter(prefix);
    if (problem[0] == '\0') {
        add_folders(library, prefix);
        start_cffi();
    }
}

static int ready(void)
{
    pthread_once(&started, start_python);
    return problem[0] == '\0';
}

/* What Python answered: the DRMAA code plus one in the lowest byte, above it a bit for each signal
 * that came meanwhile. Their handlers run in the caller, if that is Python, as soon as it goes on. */
static int finish(long long answer, char *diagnosis, size_t length)
{
    int signal;

    for (signal = 1; answer >> 8 >> (signal - 1) != 0; signal++)
        if (answer >> 8 >> (signal - 1) & 1)
            PyErr_SetInterruptEx(signal);
    if ((answer & 0xff) > 0)
        return (int)(answer & 0xff) - 1;
    if (diagnosis != NULL && length > 0)
        snprintf(diagnosis, length, "%s", problem[0] != '\0' ? problem
                 : "the Python side of the DRMAA library can't be loaded; standard error says why");
    return DRMAA_ERRNO_INTERNAL_ERROR;
}

CFFI_DLLEXPORT const char *drmaa_strerror(int drmaa_errno)
{
    return drmaa_errno >= 0 && drmaa_errno < (int)(sizeof(texts) / sizeof(*texts)) ? texts[drmaa_errno] : NULL;
}

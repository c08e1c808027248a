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

/* Let the interpreter find the package that this library belongs to, whoever's interpreter it
 * is: the folder goes last, so it replaces nothing that the program itself uses. */
static void add_package_folder(const char *library)
{
    static const char code[] =
        "import sys as _s, importlib.util as _u\n"
        "if _u.find_spec('_cffi_backend') is None or _u.find_spec('owl') is None:\n"
        "    _s.path.append(_folder)\n";
    char folder[PATH_MAX];
    char *slash;
    PyGILState_STATE gil;
    PyObject *globals, *value, *result;
    int level;

    snprintf(folder, sizeof(folder), "%s", library);
    for (level = 0; level < 3; level++)
        if ((slash = strrchr(folder, '/')) != NULL)
            *slash = '\0';
    gil = PyGILState_Ensure();
    globals = PyDict_New();
    value = PyUnicode_DecodeFSDefault(folder);
    if (globals == NULL || value == NULL || PyDict_SetItemString(globals, "_folder", value) < 0
        || PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()) < 0
        || (result = PyRun_String(code, Py_file_input, globals, globals)) == NULL)
        PyErr_Clear();
    else
        Py_DECREF(result);
    Py_XDECREF(value);
    Py_XDECREF(globals);
    PyGILState_Release(gil);
}

static void start_python(void)
{
    char library[PATH_MAX], prefix[PATH_MAX];
    char version[16];
    Dl_info info;

    if (dladdr((void *)start_python, &info) == 0 || realpath(info.dli_fname, library) == NULL)
        library[0] = '\0';
    snprintf(version, sizeof(version), "%d.%d.", PY_MAJOR_VERSION, PY_MINOR_VERSION);
    if (strncmp(Py_GetVersion(), version, strlen(version)) != 0) {
        snprintf(problem, sizeof(problem),
                 "%s was built for Python %d.%d but is loaded into Python %.10s: install it for that Python",
                 library, PY_MAJOR_VERSION, PY_MINOR_VERSION, Py_GetVersion());
        return;
    }
    if (!Py_IsInitialized())
        start_interpreter(find_environment(library, prefix, sizeof(prefix)) ? prefix : NULL);
    if (problem[0] == '\0' && library[0] != '\0')
        add_package_folder(library);
}

static int ready(void)
{
    pthread_once(&started, start_python);
    return problem[0] == '\0';
}

static int not_started(char *diagnosis, size_t length)
{
    const char *text = problem[0] != '\0' ? problem
        : "the Python side of the DRMAA library can't be loaded; standard error says why";
    if (diagnosis != NULL && length > 0)
        snprintf(diagnosis, length, "%s", text);
    return DRMAA_ERRNO_INTERNAL_ERROR;
}

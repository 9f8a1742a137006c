/* What each span costs beyond reading it: twins are copied_by_python and kept_by_python in features/ingest/normalise.py. */
#include "compiled.h"

/* Whether an object of this class is its slots and nothing else: then they lie one behind the other. */
static int only_slots(PyTypeObject *type) {
    static PyTypeObject *known;
    if (type == known) return 1;
    PyObject *slots = PyObject_GetAttrString((PyObject *)type, "__slots__");
    if (!slots) return -1;
    Py_ssize_t bytes = type->tp_basicsize - (Py_ssize_t)sizeof(PyObject);
    int only = PyTuple_Check(slots) && PyTuple_GET_SIZE(slots) * (Py_ssize_t)sizeof(PyObject *) == bytes &&
               type->tp_base == &PyBaseObject_Type && type->tp_itemsize == 0 && type->tp_dictoffset == 0 &&
               type->tp_weaklistoffset == 0;
    Py_DECREF(slots);
    if (only) Py_XSETREF(known, (PyTypeObject *)Py_NewRef((PyObject *)type));
    return only;
}

/* copied(object): another one of the same class with the same values, at a tenth of what its __init__ costs. */
PyObject *copied(PyObject *Py_UNUSED(module), PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    int only = only_slots(type);
    if (only <= 0) {
        if (only == 0) PyErr_SetString(PyExc_TypeError, "an object of a class that is only slots is expected");
        return NULL;
    }
    PyObject *copy = type->tp_alloc(type, 0);
    if (!copy) return NULL;
    PyObject **from = (PyObject **)(object + 1), **to = (PyObject **)(copy + 1);
    Py_ssize_t count = (type->tp_basicsize - (Py_ssize_t)sizeof(PyObject)) / (Py_ssize_t)sizeof(PyObject *);
    for (Py_ssize_t i = 0; i < count; i++) to[i] = Py_XNewRef(from[i]);
    return copy;
}

/* kept(resource, attributes, as_text): both in a new dict, the attributes as text. */
PyObject *kept(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *resource, *attributes, *as_text, *key, *value;
    if (!PyArg_ParseTuple(args, "O!O!O:kept", &PyDict_Type, &resource, &PyDict_Type, &attributes, &as_text))
        return NULL;
    PyObject *both = PyDict_Copy(resource);
    Py_ssize_t at = 0;
    while (both && PyDict_Next(attributes, &at, &key, &value)) {
        if (PyUnicode_CheckExact(value)) {
            if (PyDict_SetItem(both, key, value) < 0) Py_CLEAR(both);
            continue;
        }
        Py_INCREF(key);
        Py_INCREF(value);
        PyObject *text = PyLong_CheckExact(value) ? PyObject_Str(value) : PyObject_CallOneArg(as_text, value);
        if (!text || PyDict_SetItem(both, key, text) < 0) Py_CLEAR(both);
        Py_XDECREF(text);
        Py_DECREF(key);
        Py_DECREF(value);
    }
    return both;
}

/* any_begins(dict, prefix): whether a key, a text, begins with the prefix, which is of ASCII. */
PyObject *any_begins(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *attributes, *key, *value;
    const char *prefix;
    Py_ssize_t at = 0, length;
    if (!PyArg_ParseTuple(args, "O!s#:any_begins", &PyDict_Type, &attributes, &prefix, &length)) return NULL;
    while (PyDict_Next(attributes, &at, &key, &value)) {
        if (!PyUnicode_Check(key) || PyUnicode_GET_LENGTH(key) < length) continue;
        Py_ssize_t same = 0;
        while (same < length && PyUnicode_READ_CHAR(key, same) == (unsigned char)prefix[same]) same++;
        if (same == length) Py_RETURN_TRUE;
    }
    Py_RETURN_FALSE;
}

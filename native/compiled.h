/* What the files of this folder share. Each function here has a twin in Python that says the same (the module that
 * calls it names both). What reads texts and bytes of others answers None for whatever is out of the ordinary: its
 * twin is asked then. */
#ifndef ROADWORTHY_COMPILED_H
#define ROADWORTHY_COMPILED_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* What module.c lists: (self, args), as METH_VARARGS has it. */
PyObject *read_traces(PyObject *module, PyObject *args);
PyObject *kept(PyObject *module, PyObject *args);
PyObject *any_begins(PyObject *module, PyObject *args);
PyObject *stored_chat(PyObject *module, PyObject *args);
PyObject *gather_columns(PyObject *module, PyObject *args);
PyObject *secret_suspects(PyObject *module, PyObject *args);

/* (self, one argument), and (self, args, how many). */
PyObject *copied(PyObject *module, PyObject *object);
PyObject *word_set(PyObject *module, PyObject *words);
PyObject *any_word_in(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *words_in(PyObject *module, PyObject *const *args, Py_ssize_t count);

#endif

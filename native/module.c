/* roadworthy.kit._compiled: the parts of ingest whose time is the interpreter's own. */
#include "compiled.h"

static PyMethodDef methods[] = {
    {"read_traces", read_traces, METH_VARARGS, NULL},
    {"kept", kept, METH_VARARGS, NULL},
    {"any_begins", any_begins, METH_VARARGS, NULL},
    {"stored_chat", stored_chat, METH_VARARGS, NULL},
    {"gather_columns", gather_columns, METH_VARARGS, NULL},
    {"secret_suspects", secret_suspects, METH_VARARGS, NULL},
    {"copied", copied, METH_O, NULL},
    {"word_set", word_set, METH_O, NULL},
    {"any_word_in", (PyCFunction)(void (*)(void))any_word_in, METH_FASTCALL, NULL},
    {"words_in", (PyCFunction)(void (*)(void))words_in, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_compiled", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__compiled(void) { return PyModule_Create(&module); }

/* Where objects hold what becomes columns. */
#ifndef ROADWORTHY_COLUMNS_H
#define ROADWORTHY_COLUMNS_H

#include "out.h"

/* Where objects of the type hold it. ODD where it is no slot. */
Way slot_of(PyTypeObject *type, PyObject *name, Py_ssize_t *slot);

#endif

/* Objects of Python classes with slots: see shape.c. */
#ifndef ROADWORTHY_SHAPE_H
#define ROADWORTHY_SHAPE_H

#include "compiled.h"

#define MOST_SLOTS 8

/* A class, and where the slots lie that are filled here. */
typedef struct {
    PyTypeObject *type;
    int count;
    Py_ssize_t offsets[MOST_SLOTS];
} Shape;

/* Find the slots of these names (at most MOST_SLOTS, NULL behind them) in a class; -1 with a TypeError or an
 * AttributeError where it lacks one, or has others. */
int shape_learn(Shape *shape, PyObject *type, const char *const *names);

static inline PyObject **shape_slot(PyObject *object, Py_ssize_t offset) {
    return (PyObject **)((char *)object + offset);
}

/* An object of these values, which it takes over, also where it fails. A value of NULL is a failure of before. */
PyObject *shape_made(const Shape *shape, PyObject **parts);

#endif

/* OpenTelemetry's GenAI messages from the JSON they are sent as to the JSON they are stored as, in one pass.
 *
 * Twin: features/ingest/messages/otel_parts.py::stored_by_python. Taken is what the convention writes: messages of
 * "role", "parts" and "finish_reason"; parts that are texts, tool calls and their results; each key once. All else is
 * left to the twin: a function here then fails without an exception set. */
#include "json.h"

#define MOST_KEYS 16

typedef struct {
    Json json;
    Out out, texts, calls;
    int text_count, call_count, result_count; /* of this message */
    PyObject *arguments_text;
} Chat;

/* --- messages ------------------------------------------------------------------------------------------------ */

typedef struct {
    String type, content, id, name, arguments, response;
} Part;

static int take_part(Json *json, Part *part) {
    static const char *const keys[] = {"type", "content", "id", "name", "arguments", "response"};
    String *values = &part->type, key;
    int more, first = 1;
    while ((more = json_take_key(json, &key, &first)) > 0) {
        int which = 0;
        while (which < 6 && !json_is(key, keys[which])) which++;
        if (which == 6 || values[which].at) return -1;
        if (which == 4 && json_next(json) != '"') {
            if (json_take_other(json, &values[4]) < 0) return -1;
        } else if (json_take_string(json, &values[which]) < 0) {
            return -1;
        }
    }
    return more;
}

/* Whether orjson writes it as it stands: true, false, null, a whole number that is not too long. */
static int is_simple(String value) {
    const char *at = value.at + (*value.at == '-');
    if (json_is(value, "true") || json_is(value, "false") || json_is(value, "null") || json_is(value, "0")) return 1;
    if (value.end - at < 1 || value.end - at > 15 || *at < '1') return 0;
    while (at < value.end && *at >= '0' && *at <= '9') at++;
    return at == value.end;
}

/* The JSON of an object of a few texts and simple values, as it stands in a string: 1, or 0 where it is another. */
static int put_flat(Out *buffer, Json json, const char *end) {
    String keys[MOST_KEYS], *key = keys, value;
    int more, first = 1;
    if (*json.at != '{' || PUT(buffer, "{") < 0) return 0;
    while ((more = json_take_key(&json, key, &first)) > 0) {
        if (memchr(key->at, '\\', (size_t)(key->end - key->at))) return 0;
        for (String *one = keys; one < key; one++)
            if (one->end - one->at == key->end - key->at &&
                memcmp(one->at, key->at, (size_t)(key->end - key->at)) == 0)
                return 0;
        if (json_put_pair(buffer, key == keys ? "\\\"" : ",\\\"", *key) < 0) return 0;
        buffer->at--; /* Its quote stands in a string, too. */
        if (PUT(buffer, "\\\":") < 0) return 0;
        if (json_next(&json) == '"') {
            if (json_take_string(&json, &value) < 0 || !value.plain || PUT(buffer, "\\\"") < 0 ||
                out_escaped(buffer, value.at, value.end - value.at) < 0 || PUT(buffer, "\\\"") < 0)
                return 0;
        } else if (json_take_other(&json, &value) < 0 || !is_simple(value) || json_put_string(buffer, value) < 0) {
            return 0;
        }
        if (++key == keys + MOST_KEYS) return 0;
    }
    return more == 0 && json.at == end && PUT(buffer, "}") == 0;
}

/* Arguments that are no text are stored as their JSON. */
static int put_arguments(Chat *chat, String given) {
    Out *calls = &chat->calls;
    Py_ssize_t before = out_size(calls);
    Json json = {given.at, chat->json.end};
    if (given.at[-1] == '"') return json_is_empty(given) ? 0 : json_put_pair(calls, ",\"arguments\":\"", given);
    if (json_is(given, "null")) return -1;
    if (PUT(calls, ",\"arguments\":\"") == 0 && put_flat(calls, json, given.end)) return PUT(calls, "\"");
    if (PyErr_Occurred()) return -1;
    calls->at = calls->start + before;
    PyObject *sent = PyUnicode_DecodeUTF8(given.at, given.end - given.at, NULL);
    PyObject *text = sent ? PyObject_CallOneArg(chat->arguments_text, sent) : NULL;
    Py_ssize_t length = 0;
    const char *utf8 = text ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;
    int result = -1;
    if (utf8 && PUT(calls, ",\"arguments\":\"") == 0 && out_escaped(calls, utf8, length) == 0)
        result = PUT(calls, "\"");
    Py_XDECREF(sent);
    Py_XDECREF(text);
    return result;
}

static int put_call(Chat *chat, const Part *part) {
    Out *calls = &chat->calls;
    if (!part->name.at || !part->id.at || !part->arguments.at || part->content.at || part->response.at) return -1;
    if (chat->call_count++ && PUT(calls, ",") < 0) return -1;
    if (json_put_pair(calls, "{\"name\":\"", part->name) < 0) return -1;
    if (!json_is_empty(part->id) && json_put_pair(calls, ",\"id\":\"", part->id) < 0) return -1;
    if (put_arguments(chat, part->arguments) < 0) return -1;
    return PUT(calls, "}");
}

static int begin_message(Chat *chat) { return out_size(&chat->out) > 1 ? PUT(&chat->out, ",") : 0; }

/* A result is a message of its own, before the one it came in. */
static int put_result(Chat *chat, const Part *part) {
    if (!part->response.at || !part->id.at || part->content.at || part->name.at || part->arguments.at) return -1;
    chat->result_count++;
    if (begin_message(chat) < 0 || PUT(&chat->out, "{\"role\":\"tool\"") < 0) return -1;
    if (!json_is_empty(part->response) && json_put_pair(&chat->out, ",\"content\":\"", part->response) < 0) return -1;
    if (!json_is_empty(part->id) && json_put_pair(&chat->out, ",\"tool_call_id\":\"", part->id) < 0) return -1;
    return PUT(&chat->out, "}");
}

static int put_text(Chat *chat, const Part *part) {
    if (!part->content.at || part->id.at || part->name.at || part->arguments.at || part->response.at) return -1;
    if (chat->text_count++ && PUT(&chat->texts, "\\n") < 0) return -1;
    return json_put_string(&chat->texts, part->content);
}

static int take_parts(Chat *chat) {
    int more, first = 1;
    while ((more = json_take_item(&chat->json, &first)) > 0) {
        Part part = {0};
        if (take_part(&chat->json, &part) < 0) return -1;
        int put_it = json_is(part.type, "text")                 ? put_text(chat, &part)
                     : json_is(part.type, "tool_call")          ? put_call(chat, &part)
                     : json_is(part.type, "tool_call_response") ? put_result(chat, &part)
                                                           : -1;
        if (put_it < 0) return -1;
    }
    return more;
}

static int put_message(Chat *chat, String role, String finish) {
    Out *out = &chat->out;
    if (json_is(role, "tool") && (chat->call_count || !chat->result_count)) return -1;
    if (!chat->text_count && !chat->call_count && chat->result_count) return 0;
    String texts = {chat->texts.start, chat->texts.at, 1};
    String calls = {chat->calls.start, chat->calls.at, 1};
    if (begin_message(chat) < 0 || json_put_pair(out, "{\"role\":\"", role) < 0) return -1;
    if (out_size(&chat->texts) && json_put_pair(out, ",\"content\":\"", texts) < 0) return -1;
    if (chat->call_count && (PUT(out, ",\"tool_calls\":[") < 0 || json_put_string(out, calls) < 0 || PUT(out, "]") < 0))
        return -1;
    if (!json_is_empty(finish) && json_put_pair(out, ",\"finish_reason\":\"", finish) < 0) return -1;
    return PUT(out, "}");
}

static int take_message(Chat *chat) {
    static const char *const roles[] = {"user", "assistant", "tool", "system"};
    String key, role = {0}, finish = {0};
    int more, known = 0, parts = 0, first = 1;
    chat->text_count = chat->call_count = chat->result_count = 0;
    chat->texts.at = chat->texts.start;
    chat->calls.at = chat->calls.start;
    while ((more = json_take_key(&chat->json, &key, &first)) > 0) {
        int taken = -1;
        if (json_is(key, "role") && !role.at)
            taken = json_take_string(&chat->json, &role);
        else if (json_is(key, "parts") && !parts++)
            taken = take_parts(chat);
        else if (json_is(key, "finish_reason") && !finish.at)
            taken = json_take_string(&chat->json, &finish);
        if (taken < 0) return -1;
    }
    for (int i = 0; i < 4; i++) known |= json_is(role, roles[i]);
    return more < 0 || !known || !parts || !(finish.plain || !finish.at) ? -1 : put_message(chat, role, finish);
}

PyObject *stored_chat(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *text, *arguments_text, *stored = NULL;
    Chat chat = {0};
    Py_ssize_t length;
    int more = -1, first = 1;
    if (!PyArg_ParseTuple(args, "UO:stored_chat", &text, &arguments_text)) return NULL;
    chat.arguments_text = arguments_text;
    chat.json.at = PyUnicode_AsUTF8AndSize(text, &length);
    if (chat.json.at) {
        chat.json.end = chat.json.at + length;
        /* The stored form is mostly shorter. */
        if (json_next(&chat.json) == '[' && out_room(&chat.out, length / 2 + 32) == 0 && PUT(&chat.out, "[") == 0)
            while ((more = json_take_item(&chat.json, &first)) > 0 && take_message(&chat) == 0);
    }
    if (more == 0 && json_next(&chat.json) == 0 && chat.json.at == chat.json.end && out_size(&chat.out) > 1 &&
        PUT(&chat.out, "]") == 0)
        stored = PyUnicode_DecodeUTF8(chat.out.start, out_size(&chat.out), NULL);
    Py_XDECREF(chat.out.held);
    Py_XDECREF(chat.texts.held);
    Py_XDECREF(chat.calls.held);
    if (stored) return stored;
    /* No JSON, or no text that could be UTF-8; memory that has run out is nobody's to mend. */
    if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_ValueError)) PyErr_Clear();
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

/*
 * A real SPICE viewer without a window, by spice-client-glib:
 *
 *	spice_client HOST PORT
 *
 * It opens every channel that the guest offers, tells on standard output, a
 * line each, what happens to them ("main opened", "display primary 720 400",
 * "inputs error_link", "main closed"), and does what standard input says:
 *
 *	type TEXT	press and let go the keys of letters, digits, blanks
 *	quit
 */
#include <spice-client.h>
#include <stdio.h>
#include <string.h>

enum { KEY_MS = 40 };

static GMainLoop *loop;
static SpiceSession *session;
static SpiceInputsChannel *inputs;

G_GNUC_PRINTF(2, 3)
static void tell(SpiceChannel *c, const char *format, ...)
{
	int kind;
	va_list args;

	g_object_get(c, "channel-type", &kind, NULL);
	printf("%s ", spice_channel_type_to_string(kind));
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
	(void)fflush(stdout);
}

static void on_event(SpiceChannel *c, SpiceChannelEvent event, void *arg)
{
	GEnumClass *all = g_type_class_ref(SPICE_TYPE_CHANNEL_EVENT);
	GEnumValue *v = g_enum_get_value(all, (int)event);

	tell(c, "%s", v ? v->value_nick : "unknown");
	g_type_class_unref(all);
}

static void on_primary(SpiceChannel *c, int format, int width, int height,
		int stride, int shmid, void *data, void *arg)
{
	tell(c, "primary %d %d", width, height);
}

static void on_invalidate(
		SpiceChannel *c, int x, int y, int w, int h, void *arg)
{
	tell(c, "draws");
}

static void on_channel(SpiceSession *s, SpiceChannel *c, void *arg)
{
	g_signal_connect(c, "channel-event", G_CALLBACK(on_event), NULL);
	if (SPICE_IS_DISPLAY_CHANNEL(c)) {
		g_signal_connect(c, "display-primary-create",
				G_CALLBACK(on_primary), NULL);
		g_signal_connect(c, "display-invalidate",
				G_CALLBACK(on_invalidate), NULL);
	}
	if (SPICE_IS_INPUTS_CHANNEL(c))
		inputs = SPICE_INPUTS_CHANNEL(c);
	if (!SPICE_IS_MAIN_CHANNEL(c)) /* it connects that one by itself */
		(void)spice_channel_connect(c);
}

static void on_gone(SpiceSession *s, SpiceChannel *c, void *arg)
{
	if (SPICE_IS_INPUTS_CHANNEL(c))
		inputs = NULL;
	tell(c, "gone");
}

static void on_disconnected(SpiceSession *s, void *arg)
{
	g_main_loop_quit(loop);
}

/* PC/XT scan codes: the rows of a keyboard. */
static unsigned scancode(char key)
{
	static const struct {
		unsigned first;
		const char *keys;
	} rows[] = {{0x02, "1234567890-"}, {0x10, "qwertyuiop"},
			{0x1e, "asdfghjkl"}, {0x2c, "zxcvbnm,./"}, {0x39, " "},
			{0x1c, "\r"}};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *at = strchr(rows[i].keys, key);

		if (at && *at)
			return rows[i].first + (unsigned)(at - rows[i].keys);
	}
	return 0;
}

/* One at a time: a keyboard's queue is short. */
static gboolean on_key(void *arg)
{
	GString *keys = arg;
	unsigned code;

	if (!inputs || keys->len == 0) {
		g_string_free(keys, TRUE);
		return FALSE;
	}
	code = scancode(keys->str[0]);
	g_string_erase(keys, 0, 1);
	spice_inputs_channel_key_press(inputs, code);
	spice_inputs_channel_key_release(inputs, code);
	return TRUE;
}

static void type_text(const char *text)
{
	GString *keys = g_string_new(text);

	g_string_append_c(keys, '\r');
	g_timeout_add(KEY_MS, on_key, keys);
}

static gboolean on_line(GIOChannel *from, GIOCondition why, void *arg)
{
	char *line = NULL;
	gsize end = 0;

	if (g_io_channel_read_line(from, &line, NULL, &end, NULL) !=
			G_IO_STATUS_NORMAL) {
		spice_session_disconnect(session);
		return FALSE;
	}
	line[end] = '\0';
	if (g_str_has_prefix(line, "type "))
		type_text(line + 5);
	else
		spice_session_disconnect(session);
	g_free(line);
	return TRUE;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	loop = g_main_loop_new(NULL, FALSE);
	session = spice_session_new();
	g_object_set(session, "host", argv[1], "port", argv[2], NULL);
	g_signal_connect(session, "channel-new", G_CALLBACK(on_channel), NULL);
	g_signal_connect(session, "channel-destroy", G_CALLBACK(on_gone), NULL);
	g_signal_connect(session, "disconnected", G_CALLBACK(on_disconnected),
			NULL);
	g_io_add_watch(g_io_channel_unix_new(0), G_IO_IN | G_IO_HUP, on_line,
			NULL);
	if (!spice_session_connect(session))
		return 1;
	g_main_loop_run(loop);
	g_object_unref(session);
	g_main_loop_unref(loop);
	return 0;
}

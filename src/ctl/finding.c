/* SPDX-License-Identifier: GPL-2.0-or-later */
/* finding - what netns-ctl doctor found out, with its cure */
#include "src/ctl/finding.h"

#include "src/ctl/terminal.h"
#include "src/json.h"
#include "src/json_add.h"

static void finding_free(gpointer data)
{
	struct finding *finding = data;

	g_free(finding->text);
	g_free(finding->cure);
	g_free(finding);
}

GPtrArray *finding_list_new(void)
{
	return g_ptr_array_new_with_free_func(finding_free);
}

void finding_add(GPtrArray *findings, enum finding_level level, const char *subject,
		 const char *cure, const char *format, ...)
{
	struct finding *finding = g_new(struct finding, 1);
	va_list arguments;

	va_start(arguments, format);
	*finding = (struct finding){
		.level = level,
		.subject = subject,
		.text = g_strdup_vprintf(format, arguments),
		.cure = g_strdup(cure),
	};
	va_end(arguments);
	g_ptr_array_add(findings, finding);
}

const char *finding_level_name(enum finding_level level)
{
	static const char *const names[] = {
		[FINDING_OK] = "ok", [FINDING_NOTE] = "note", [FINDING_PROBLEM] = "problem"};

	return names[level];
}

char *finding_list_text(const GPtrArray *findings)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);
		g_autofree char *line = terminal_text(finding->text);
		g_string_append_printf(text, "%-8s %s: %s\n", finding_level_name(finding->level),
				       finding->subject, line);
		if (finding->cure) {
			g_autofree char *cure = terminal_text(finding->cure);
			g_string_append_printf(text, "%-8s cure: %s\n", "", cure);
		}
	}
	return g_string_free(text, FALSE);
}

char *finding_list_json(const GPtrArray *findings)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_array(builder);
	for (guint i = 0; i < findings->len; i++) {
		const struct finding *finding = g_ptr_array_index(findings, i);
		json_builder_begin_object(builder);
		json_add_string(builder, "subject", finding->subject);
		json_add_string(builder, "level", finding_level_name(finding->level));
		json_add_string(builder, "text", finding->text);
		if (finding->cure)
			json_add_string(builder, "cure", finding->cure);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	return terminal_json(root);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_list - lists of CPUs as cpuset(7) writes them */
#include "launcher/cpu_list.h"

static bool take_number(const char **text, unsigned *ret_number)
{
	unsigned number = 0;

	if (!g_ascii_isdigit(**text))
		return false;
	for (; g_ascii_isdigit(**text); (*text)++) {
		number = number * 10 + (unsigned)(**text - '0');
		if (number >= CPU_LIST_MAX)
			return false;
	}
	*ret_number = number;
	return true;
}

static bool take_range(const char **text, struct cpu_list *list)
{
	unsigned first, last;

	if (!take_number(text, &first))
		return false;
	last = first;
	if (**text == '-') {
		(*text)++;
		if (!take_number(text, &last) || last < first)
			return false;
	}
	for (unsigned cpu = first; cpu <= last; cpu++)
		list->bits[cpu / 8] |= (guint8)(1U << cpu % 8);
	return true;
}

bool cpu_list_parse(const char *text, struct cpu_list *ret_list)
{
	struct cpu_list list = {0};

	if (!take_range(&text, &list))
		return false;
	while (*text == ',') {
		text++;
		if (!take_range(&text, &list))
			return false;
	}
	if (*text == '\n')
		text++;
	if (*text)
		return false;
	*ret_list = list;
	return true;
}

bool cpu_list_contains(const struct cpu_list *whole, const struct cpu_list *part)
{
	for (size_t i = 0; i < sizeof(part->bits); i++)
		if (part->bits[i] & ~whole->bits[i])
			return false;
	return true;
}

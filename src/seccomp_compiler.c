/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp_compiler - makes the kernel's filter program of a profile, and installs it
 *
 * How it works
 *
 * The program first looks at the architecture, then for each one it has a binary tree of
 * comparisons with the number. The leaves are *spans*: neighbouring numbers with the same plain
 * action are one leaf, so an allow list is a tree of few levels; a call with conditions is a leaf
 * with a list of tests, what restricts most first. On the way to a leaf only the number and the
 * architecture are read: then the kernel (5.11) finds out that the answer is constant and no longer
 * runs the program for such a call.
 *
 * libseccomp would do all this, too, in 14 ms for a filter of the default's size.
 */
#include "src/seccomp_compiler.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/syscall_names.h"
#include "src/failure.h"

#define NEVER_KNOWN (SECCOMP_RET_ERRNO | ENOSYS)

/* Offset of a jump to where the test has failed; real ones within a test are far smaller. */
#define TO_FAILED 0xff

/* A rule that holds for one call. */
struct match {
	uint32_t number;
	unsigned place; /* among the rules */
	const struct seccomp_rule *rule;
	bool multiplexed;
	struct seccomp_condition selector; /* if multiplexed: in place of the rule's own */
};

/* What happens from this number on, up to the next span. */
struct span {
	uint32_t first;
	uint32_t action; /* without tests, or when none of them holds */
	GArray *tests;	 /* of struct sock_filter, or NULL */
};

static void emit(GArray *code, uint16_t operation, uint32_t operand, unsigned jump_true,
		 unsigned jump_false)
{
	struct sock_filter instruction = {
		.code = operation,
		.jt = (uint8_t)jump_true,
		.jf = (uint8_t)jump_false,
		.k = operand,
	};

	g_array_append_val(code, instruction);
}

static void emit_load(GArray *code, size_t offset)
{
	emit(code, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void emit_return(GArray *code, uint32_t action)
{
	emit(code, BPF_RET | BPF_K, action, 0, 0);
}

/* --- conditions --- */

static size_t argument_offset(unsigned argument, bool upper)
{
	bool second = upper == (G_BYTE_ORDER == G_LITTLE_ENDIAN);

	return offsetof(struct seccomp_data, args) + 8 * argument + (second ? 4 : 0);
}

static void emit_half(GArray *code, const struct seccomp_condition *condition, bool upper)
{
	uint32_t mask = (uint32_t)(upper ? condition->mask >> 32 : condition->mask);

	emit_load(code, argument_offset(condition->argument, upper));
	if (mask != UINT32_MAX)
		emit(code, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
}

/* How many instructions the lower half takes: what a decision in the upper half jumps over. */
static unsigned lower_length(const struct seccomp_condition *condition)
{
	return (uint32_t)condition->mask == UINT32_MAX ? 2 : 3;
}

static void emit_upper(GArray *code, const struct seccomp_condition *condition)
{
	uint32_t value = (uint32_t)(condition->value >> 32);
	unsigned to_holds = lower_length(condition);
	enum seccomp_compare compare = condition->compare;

	emit_half(code, condition, true);
	if (compare == SECCOMP_GT || compare == SECCOMP_GE)
		emit(code, BPF_JMP | BPF_JGT | BPF_K, value, to_holds + 1, 0);
	else if (compare == SECCOMP_LT || compare == SECCOMP_LE)
		emit(code, BPF_JMP | BPF_JGT | BPF_K, value, TO_FAILED, 0);
	/* Equal: the lower half decides. */
	bool holds = compare == SECCOMP_NE || compare == SECCOMP_LT || compare == SECCOMP_LE;
	emit(code, BPF_JMP | BPF_JEQ | BPF_K, value, 0, holds ? to_holds : TO_FAILED);
}

static void emit_lower(GArray *code, const struct seccomp_condition *condition)
{
	static const struct {
		uint16_t jump;
		bool holds;
	} by_compare[] = {
		[SECCOMP_EQ] = {BPF_JEQ, true},	 [SECCOMP_NE] = {BPF_JEQ, false},
		[SECCOMP_LT] = {BPF_JGE, false}, [SECCOMP_LE] = {BPF_JGT, false},
		[SECCOMP_GT] = {BPF_JGT, true},	 [SECCOMP_GE] = {BPF_JGE, true},
	};
	uint16_t jump = by_compare[condition->compare].jump;
	bool holds = by_compare[condition->compare].holds;

	emit_half(code, condition, false);
	emit(code, (uint16_t)(BPF_JMP | jump | BPF_K), (uint32_t)condition->value,
	     holds ? 0 : TO_FAILED, holds ? TO_FAILED : 0);
}

/* Goes on behind it when the condition holds. is_narrow: the arguments have 32 bits. */
static void emit_condition(GArray *code, const struct seccomp_condition *condition, bool is_narrow)
{
	bool upper_is_zero = condition->mask >> 32 == 0 && condition->value >> 32 == 0;

	if (!is_narrow && !upper_is_zero)
		emit_upper(code, condition);
	emit_lower(code, condition);
}

static void emit_match(GArray *code, const struct seccomp_profile *profile,
		       const struct match *match, bool is_narrow)
{
	unsigned start = code->len;

	if (match->multiplexed)
		emit_condition(code, &match->selector, is_narrow);
	for (unsigned i = 0; !match->multiplexed && i < match->rule->n_conditions; i++)
		emit_condition(code,
			       &g_array_index(profile->conditions, struct seccomp_condition,
					      match->rule->first_condition + i),
			       is_narrow);
	emit_return(code, match->rule->action);
	for (unsigned i = start; i < code->len; i++) {
		struct sock_filter *jump = &g_array_index(code, struct sock_filter, i);

		if (BPF_CLASS(jump->code) != BPF_JMP)
			continue;
		if (jump->jt == TO_FAILED)
			jump->jt = (uint8_t)(code->len - i - 1);
		if (jump->jf == TO_FAILED)
			jump->jf = (uint8_t)(code->len - i - 1);
	}
}

/* --- from rules to spans --- */

static void add_matches(GArray *matches, const struct seccomp_profile *profile,
			uint32_t architecture)
{
	for (unsigned i = 0; i < profile->rules->len; i++) {
		const struct seccomp_rule *rule =
			&g_array_index(profile->rules, struct seccomp_rule, i);
		int64_t number = syscall_number(architecture, rule->call);
		struct syscall_multiplexer multiplexer;
		struct match match = {.number = (uint32_t)number, .place = i, .rule = rule};

		if (number >= 0)
			g_array_append_val(matches, match);
		/* What it hands over is in memory, out of a filter's sight. */
		if (rule->n_conditions ||
		    !syscall_multiplexed(architecture, rule->call, &multiplexer))
			continue;
		match.number = multiplexer.number;
		match.multiplexed = true;
		match.selector = (struct seccomp_condition){.compare = SECCOMP_EQ,
							    .value = multiplexer.selector,
							    .mask = multiplexer.mask};
		g_array_append_val(matches, match);
	}
}

static bool is_conditional(const struct match *match)
{
	return match->multiplexed || match->rule->n_conditions;
}

/* Smaller is stricter: the kernel compares these as signed numbers, kill_process being negative. */
static int32_t strictness(uint32_t action)
{
	return (int32_t)(action & SECCOMP_RET_ACTION_FULL);
}

/* By number, then from strict to lenient, then in the order of the profile. */
static int compare_matches(gconstpointer first, gconstpointer second)
{
	const struct match *a = first, *b = second;
	int32_t strict_a = strictness(a->rule->action), strict_b = strictness(b->rule->action);

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (strict_a != strict_b)
		return strict_a < strict_b ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

/* The first rule of the profile among the n matches that has no condition. */
static const struct match *find_plain(const struct match *matches, unsigned n)
{
	const struct match *found = NULL;

	for (unsigned i = 0; i < n; i++) {
		if (!is_conditional(&matches[i]) && (!found || matches[i].place < found->place))
			found = &matches[i];
	}
	return found;
}

static struct span make_span(const struct seccomp_profile *profile, const struct match *matches,
			     unsigned n, bool is_narrow)
{
	const struct match *plain = find_plain(matches, n);
	struct span span = {
		.first = matches[0].number,
		.action = plain ? plain->rule->action : profile->default_action,
	};

	for (unsigned i = 0; i < n; i++) {
		uint32_t action = matches[i].rule->action;

		if (!is_conditional(&matches[i]) ||
		    (plain && strictness(action) >= strictness(span.action)))
			continue;
		if (!span.tests)
			span.tests = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
		emit_match(span.tests, profile, &matches[i], is_narrow);
	}
	return span;
}

static void append_span(GArray *spans, struct span span)
{
	struct span *last = spans->len ? &g_array_index(spans, struct span, spans->len - 1) : NULL;

	/* The gap before the first number of all, or between neighbours, may be empty. */
	if (last && last->first == span.first)
		g_array_set_size(spans, spans->len - 1);
	last = spans->len ? &g_array_index(spans, struct span, spans->len - 1) : NULL;
	if (last && !last->tests && !span.tests && last->action == span.action)
		return;
	g_array_append_val(spans, span);
}

static void clear_span(gpointer data)
{
	g_clear_pointer(&((struct span *)data)->tests, g_array_unref);
}

/* Numbers from first on that no rule names. */
static struct span gap(uint32_t first, uint32_t action)
{
	return (struct span){.first = first, .action = action};
}

static GArray *make_spans(const struct seccomp_profile *profile, GArray *matches, bool is_narrow)
{
	GArray *spans = g_array_new(FALSE, FALSE, sizeof(struct span));
	unsigned start = 0;

	g_array_set_clear_func(spans, clear_span);
	g_array_sort(matches, compare_matches);
	append_span(spans, gap(0, profile->default_action));
	while (start < matches->len) {
		const struct match *group = &g_array_index(matches, struct match, start);
		unsigned n = 1;

		while (start + n < matches->len && group[n].number == group->number)
			n++;
		append_span(spans, make_span(profile, group, n, is_narrow));
		append_span(spans, gap(group->number + 1, profile->default_action));
		start += n;
	}
	return spans;
}

/* --- the tree --- */

static void emit_leaf(GArray *code, const struct span *span)
{
	if (span->tests)
		g_array_append_vals(code, span->tests->data, span->tests->len);
	emit_return(code, span->action);
}

/* The number is in the accumulator. */
static void emit_tree(GArray *code, const struct span *spans, unsigned n)
{
	g_autoptr(GArray) lower = NULL;
	unsigned half = n / 2;

	if (n == 1) {
		emit_leaf(code, spans);
		return;
	}
	lower = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
	emit_tree(lower, spans, half);
	if (lower->len <= UINT8_MAX) {
		emit(code, BPF_JMP | BPF_JGE | BPF_K, spans[half].first, lower->len, 0);
	} else {
		emit(code, BPF_JMP | BPF_JGE | BPF_K, spans[half].first, 0, 1);
		emit(code, BPF_JMP | BPF_JA, lower->len, 0, 0);
	}
	g_array_append_vals(code, lower->data, lower->len);
	emit_tree(code, spans + half, n - half);
}

static bool has_architecture(const struct seccomp_profile *profile, uint32_t architecture)
{
	for (unsigned i = 0; i < profile->architectures->len; i++) {
		if (g_array_index(profile->architectures, uint32_t, i) == architecture)
			return true;
	}
	return false;
}

/* x86_64 and x32 are one to the kernel: the upper half of the numbers is x32's. */
static void split_x32(GArray *spans, bool has_x64, bool has_x32)
{
	unsigned border = 0;

	while (border < spans->len &&
	       g_array_index(spans, struct span, border).first < SYSCALL_X32_BIT)
		border++;
	if (!has_x32) {
		g_array_set_size(spans, border);
		append_span(spans, gap(SYSCALL_X32_BIT, NEVER_KNOWN));
	} else if (!has_x64) {
		struct span last = g_array_index(spans, struct span, border - 1);
		/* Default up to x32's first call. */
		last.first = SYSCALL_X32_BIT;
		g_array_remove_range(spans, 0, border);
		g_array_prepend_val(spans, last);
		last = gap(0, NEVER_KNOWN);
		g_array_prepend_val(spans, last);
	}
}

static void emit_architecture(GArray *code, const struct seccomp_profile *profile,
			      uint32_t architecture)
{
	bool is_x64 = architecture == AUDIT_ARCH_X86_64;
	bool has_x32 = is_x64 && has_architecture(profile, SYSCALL_ARCH_X32);
	bool has_own = has_architecture(profile, architecture);
	bool is_narrow = !(architecture & __AUDIT_ARCH_64BIT);
	g_autoptr(GArray) matches = g_array_new(FALSE, FALSE, sizeof(struct match));
	g_autoptr(GArray) body = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));

	if (!has_own && !has_x32)
		return;
	if (has_own)
		add_matches(matches, profile, architecture);
	if (has_x32)
		add_matches(matches, profile, SYSCALL_ARCH_X32);
	g_autoptr(GArray) spans = make_spans(profile, matches, is_narrow);
	if (is_x64)
		split_x32(spans, has_own, has_x32);
	emit_load(body, offsetof(struct seccomp_data, nr));
	emit_tree(body, (struct span *)(void *)spans->data, spans->len);
	emit(code, BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
	emit(code, BPF_JMP | BPF_JA, body->len, 0, 0);
	g_array_append_vals(code, body->data, body->len);
}

bool seccomp_compile(const struct seccomp_profile *profile, struct seccomp_program *ret_program,
		     GError **error)
{
	g_autoptr(GArray) code = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
	size_t n_architectures;
	const uint32_t *architectures = syscall_architectures(&n_architectures);

	emit_load(code, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < n_architectures; i++)
		emit_architecture(code, profile, architectures[i]);
	emit_return(code, NEVER_KNOWN);
	if (code->len > BPF_MAXINSNS) {
		failure_set(error, E2BIG, "name fewer system calls with conditions in it",
			    "the seccomp profile needs a filter of %u instructions; the kernel "
			    "takes %d",
			    code->len, BPF_MAXINSNS);
		return false;
	}
	ret_program->n = code->len;
	ret_program->flags = profile->flags;
	ret_program->instructions = (void *)g_array_free(g_steal_pointer(&code), FALSE);
	return true;
}

void seccomp_program_done(struct seccomp_program *program)
{
	g_clear_pointer(&program->instructions, g_free);
}

bool seccomp_program_install(const struct seccomp_program *program, GError **error)
{
	struct sock_fprog filter = {.len = (unsigned short)program->n,
				    .filter = program->instructions};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, program->flags, &filter) == 0)
		return true;
	/* EINVAL: this kernel does not have one of the flags. */
	return failure_errno(error, "install the filter of system calls");
}

bool seccomp_profile_install(const struct seccomp_profile *profile, GError **error)
{
	struct seccomp_program program;

	if (!seccomp_compile(profile, &program, error))
		return false;
	bool installed = seccomp_program_install(&program, error);
	seccomp_program_done(&program);
	return installed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* landlock - takes all files away from the calling thread, but some: only place for landlock(7) */
#include "src/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "src/autoclose.h"
#include "src/failure.h"

/* The same on all architectures; older headers have not got them. */
#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446

#define CREATE_RULESET_VERSION 1
#define RULE_PATH_BENEATH      1

#define SCOPE_ABSTRACT_SOCKETS 1
#define SCOPE_SIGNALS	       2

/* Of <linux/landlock.h> as of ABI 6. */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

/* Files: rights number 0 to 12 from the beginning, REFER, TRUNCATE and IOCTL_DEV in ABI 2, 3, 5. */
static uint64_t known_rights(long abi)
{
	unsigned n = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;

	return (UINT64_C(1) << n) - 1;
}

static struct ruleset everything(long abi, bool may_signal)
{
	return (struct ruleset){
		.handled_access_fs = known_rights(abi),
		.scoped = abi < 6      ? 0
			  : may_signal ? SCOPE_ABSTRACT_SOCKETS
				       : SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS,
	};
}

static size_t ruleset_size(long abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static bool add_right(int ruleset, const struct landlock_right *right, uint64_t known,
		      GError **error)
{
	const struct path_beneath rule = {right->access & known, right->directory};

	if (right->directory < 0 || syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0)
		return true;
	return failure_errno(error, "add a Landlock rule");
}

bool landlock_restrict(const struct landlock_right *rights, size_t n, bool may_signal,
		       GError **error)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);

	if (abi < 1)
		return failure_errno(error, "Landlock");
	const struct ruleset all = everything(abi, may_signal);
	autoclose int ruleset = (int)syscall(CREATE_RULESET, &all, ruleset_size(abi), 0);
	if (ruleset < 0)
		return failure_errno(error, "make Landlock rules");
	for (size_t i = 0; i < n; i++)
		if (!add_right(ruleset, &rights[i], all.handled_access_fs, error))
			return false;
	if (syscall(RESTRICT_SELF, ruleset, 0) == 0)
		return true;
	return failure_errno(error, "restrict by Landlock");
}

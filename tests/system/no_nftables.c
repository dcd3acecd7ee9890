/* SPDX-License-Identifier: GPL-2.0-or-later */
/* no_nftables - a libnftables that loads no rules: a gateway fails after its devices are made */
#include <stdlib.h>

#include <nftables/libnftables.h>

struct nft_ctx {
	int unused;
};

struct nft_ctx *nft_ctx_new(uint32_t flags)
{
	(void)flags;
	return calloc(1, sizeof(struct nft_ctx));
}

void nft_ctx_free(struct nft_ctx *nft)
{
	free(nft);
}

int nft_ctx_buffer_output(struct nft_ctx *nft)
{
	(void)nft;
	return 0;
}

int nft_ctx_buffer_error(struct nft_ctx *nft)
{
	(void)nft;
	return 0;
}

const char *nft_ctx_get_error_buffer(struct nft_ctx *nft)
{
	(void)nft;
	return "refused by a test\n";
}

void nft_ctx_set_dry_run(struct nft_ctx *nft, bool dry)
{
	(void)nft;
	(void)dry;
}

int nft_run_cmd_from_buffer(struct nft_ctx *nft, const char *commands)
{
	(void)nft;
	(void)commands;
	return -1;
}

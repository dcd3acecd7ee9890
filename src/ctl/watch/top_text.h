/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_text - pieces of text for netns-ctl top, of a known width on the screen */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * The text in exactly so many columns: cut, with a sign that it was, or filled up with blanks on
 * the right (align_right: on the left). Nothing in it steers the terminal; without utf8 it is
 * ASCII. The caller owns it.
 */
char *top_text_fit(const char *text, unsigned width, bool align_right, bool utf8);

/* Columns that a text takes on a terminal. */
unsigned top_text_width(const char *text);

/* "0", "512", "1.5K", "34M": a number of bytes, or of bytes per second. The caller owns it. */
char *top_text_bytes(double bytes);

/* "0:12", "1:02:03", "3d04h". The caller owns it. */
char *top_text_age(double seconds);

/* A small picture of n values, in a column each. The caller owns it. */
char *top_text_sparkline(const double *values, unsigned n, bool utf8);

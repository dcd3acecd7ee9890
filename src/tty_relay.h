/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tty_relay - connects the user's terminal with the master of a pty on which a command runs */
#pragma once

#include <stdbool.h>
#include <signal.h>
#include <termios.h>
#include <sys/ioctl.h>

#include <glib.h>

/*
 * How it works
 *
 * Sources in the default main context move bytes, input -> master -> output, through one small
 * buffer for each direction: who cannot write does not read, so a slow reader slows the command
 * down and costs no memory. An input that is a terminal becomes raw: Ctrl-C and the like are bytes
 * for the line discipline of the pty, which makes signals of them inside. The pty takes the size of
 * the terminal.
 *
 * The end of an input that is no terminal becomes the pty's end-of-file character. That ends only
 * one read, but the end of a file is for ever, so it is typed again from time to time.
 *
 * When the command has ended the owner calls tty_relay_finish(): what the command wrote is then
 * in the pty, so reading goes on until nobody has the pty open, or it is silent, or more was read
 * than it can hold. Processes that go on writing there delay the end by no more than that.
 */
struct tty_relay;

/*
 * master becomes the relay's on success. input may be -1 (nothing is ever typed), or else is passed
 * on to its end; output may be -1 (thrown away). Both stay the caller's and must stay open. The
 * size is that of tty_relay_find_size().
 */
struct tty_relay *tty_relay_new(int master, int input, int output, GError **error);

/*
 * The size of the first of input, output and standard error that is a terminal, for a pty to be
 * made with: what is set later comes as a change to the command. All zero if none is.
 */
struct winsize tty_relay_find_size(int input, int output);

/* Adds the signals that tty_relay_take_signal() wants, for the owner to block and wait for. */
void tty_relay_add_signals(sigset_t *set);

/*
 * SIGWINCH: passes the size on. SIGTSTP: puts the terminal's modes back and stops the calling
 * process until it is continued. SIGCONT: makes the terminal raw again. Others are ignored.
 */
void tty_relay_take_signal(struct tty_relay *relay, int signal_number);

/*
 * The command has ended: on_end(data) is called from the main context, once, when its last output
 * has been written or cannot be. The terminal's modes are back by then.
 */
void tty_relay_finish(struct tty_relay *relay, void (*on_end)(void *data), void *data);

/* Puts the terminal's modes back, closes the master (which hangs up on whoever has the pty). */
void tty_relay_free(struct tty_relay *relay);

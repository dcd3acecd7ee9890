#!/bin/zsh -f
# SPDX-License-Identifier: GPL-2.0-or-later
# completions - what zsh would offer: completions.zsh FOLDER LINE, one word a line
#
# How it works: an interactive zsh in a pseudo-terminal gets LINE and a tab. Its compadd, which every
# match goes through, prints them, and the shell ends when it has completed.
emulate -R zsh
zmodload zsh/zpty

setup='
PS1= PS2=
fpath=('${(q)1}' $fpath)
autoload -Uz compinit && compinit -D -u
bindkey "^I" complete-word
zstyle ":completion:*" list-grouped no
zstyle ":completion:*" insert-tab no
compadd() {
	local -a hits
	if [[ ${(j: :)argv[1,(i)(-|--)]} == *-[a-zA-Z]#[OAD]\ * ]]; then
		builtin compadd "$@"
		return
	fi
	builtin compadd -A hits "$@"
	local result=$?
	print -rl -- "<"${^hits}">"
	return result
}
announce() { compstate[insert]= ; print "<BEGIN>" }
finish() { print "<END>"; exit }
compprefuncs=(announce) comppostfuncs=(finish)
print "<READY>"
'
print -r -- $setup >$TMPDIR/setup.zsh

zpty shell zsh -f -i
zpty -w shell "source $TMPDIR/setup.zsh"
while zpty -r shell line; do
	[[ $line != *'<READY>'* ]] || break
done
zpty -w -n shell "$2"$'\t'
while zpty -r shell line; do
	[[ $line != *'<END>'* ]] || break
	[[ $line != *'<BEGIN>'* ]] || { begun=1; continue }
	# The line editor may draw its line anew in front of a match.
	[[ -z $begun || $line != *'<'*'>'* ]] || print -r -- ${${line##*'<'}%%'>'*}
done
zpty -d shell

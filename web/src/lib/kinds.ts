/*
 * The console kinds: what they are called, which of them this page opens, and
 * which one is offered first.
 */
import type { IconName } from './icons';
import { load, save } from './prefs';
import type { Guest, Kind } from './types';

interface KindInfo {
	label: string;
	icon: IconName;
	here: boolean; /* this page opens it */
}

export const kinds: Record<Kind, KindInfo> = {
	vnc: { label: 'Screen', icon: 'screen', here: true },
	serial: { label: 'Terminal', icon: 'serial', here: true },
	spice: { label: 'SPICE', icon: 'spice', here: true },
};

const order = Object.keys(kinds) as Kind[];

export function isKind(name: string | null): name is Kind {
	return name !== null && Object.hasOwn(kinds, name);
}

/* In a sentence: "Open the terminal of web1". */
export function phraseOf(kind: Kind): string {
	return kind === 'spice' ? 'SPICE screen' :
		kinds[kind].label.toLowerCase();
}

/* "" when this guest's console of that kind can be opened here and now. */
export function whyNot(guest: Guest, kind: Kind): string {
	const state = guest.kinds[kind];

	if (!state)
		return 'This guest has no such console.';
	if (!state.available)
		return state.reason || 'Not available now.';
	if (guest.status === 'stopped')
		return 'It is not running.';
	/* its screen is a program within it, which sleeps as well */
	if (guest.status === 'paused' && guest.type === 'sandbox')
		return 'It is paused.';
	return kinds[kind].here ? '' : 'This page does not open it yet.';
}

export function kindsOf(guest: Guest): Kind[] {
	return order.filter((k) => guest.kinds[k]);
}

/* What a person chose for one guest. */
interface Choice {
	last?: Kind;
	always?: Kind;
}

function choiceOf(id: string): Choice {
	return load<Choice>(`kind.${id}`, {});
}

export function alwaysKind(id: string): Kind | null {
	const { always } = choiceOf(id);

	return always && isKind(always) ? always : null;
}

export function setAlways(id: string, kind: Kind | null): void {
	const { last } = choiceOf(id);

	save(`kind.${id}`, { last, always: kind ?? undefined });
}

export function rememberKind(id: string, kind: Kind): void {
	const choice = choiceOf(id);

	if (choice.last !== kind)
		save(`kind.${id}`, { ...choice, last: kind });
}

/* The kind set for a guest, else the one used last, as far as is known. */
export function lastKind(id: string): Kind | null {
	const { always, last } = choiceOf(id);
	const kind = always ?? last ?? null;

	return isKind(kind) ? kind : null;
}

const SHELLS = ['lxc', 'node']; /* guests that are all shell */

/*
 * The kind that is offered first: the one that was set for this guest, else
 * the one used last, else the terminal of a shell and the screen of the rest;
 * one that can be had, null where there is none.
 */
export function firstKind(guest: Guest): Kind | null {
	const { always, last } = choiceOf(guest.id);
	const usual: Kind[] = SHELLS.includes(guest.type) ?
		['serial', 'vnc', 'spice'] : ['vnc', 'spice', 'serial'];

	return [always, last, ...usual].find((k): k is Kind =>
		k !== undefined && isKind(k) && !whyNot(guest, k)) ?? null;
}

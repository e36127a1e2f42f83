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
	serial: { label: 'Serial', icon: 'serial', here: false },
	spice: { label: 'SPICE', icon: 'spice', here: false },
};

const order = Object.keys(kinds) as Kind[];

export function isKind(name: string | null): name is Kind {
	return name !== null && Object.hasOwn(kinds, name);
}

/* Guests that are all shell: their line is their terminal. */
function isShell(type: string): boolean {
	return type === 'lxc' || type === 'node';
}

export function labelOf(kind: Kind, type: string): string {
	return kind === 'serial' && isShell(type) ? 'Terminal' :
		kinds[kind].label;
}

/* In a sentence: "Open the serial line of web1". */
export function phraseOf(kind: Kind, type: string): string {
	return kind === 'spice' ? 'SPICE screen' : kind === 'vnc' ? 'screen' :
		isShell(type) ? 'terminal' : 'serial line';
}

/* "" when this guest's console of that kind can be opened here and now. */
export function whyNot(guest: Guest, kind: Kind): string {
	const state = guest.kinds[kind];

	if (!state)
		return 'This guest has no such console.';
	if (!state.available)
		return state.reason || 'Not available now.';
	return kinds[kind].here ? '' : 'This page does not open it yet.';
}

export function kindsOf(guest: Guest): Kind[] {
	return order.filter((k) => guest.kinds[k]);
}

export function openKinds(guest: Guest): Kind[] {
	return kindsOf(guest).filter((k) => !whyNot(guest, k));
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

/*
 * The kind that is offered first: the one that was set for this guest, else
 * the one used last, else the terminal of a shell and the screen of the rest;
 * always one that can be had, if there is any.
 */
export function firstKind(guest: Pick<Guest, 'id' | 'type' | 'kinds'>): Kind {
	const { always, last } = choiceOf(guest.id);
	const usual: Kind[] = isShell(guest.type) ? ['serial', 'vnc', 'spice'] :
		['vnc', 'serial', 'spice'];
	const wishes = [always, last, ...usual].filter((k): k is Kind =>
		k !== undefined && isKind(k));
	const whole = guest as Guest;

	return wishes.find((k) => guest.kinds[k] && !whyNot(whole, k)) ??
		wishes.find((k) => guest.kinds[k]) ?? 'vnc';
}

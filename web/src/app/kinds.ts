/* The console kinds: what they are called and which of them this page opens. */
import type { IconName } from '../lib/icons';
import type { Guest, Kind } from '../lib/types';

interface KindInfo {
	label: string;
	icon: IconName;
	here: boolean;
}

export const kinds: Record<Kind, KindInfo> = {
	vnc: { label: 'Screen', icon: 'screen', here: true },
	serial: { label: 'Serial', icon: 'serial', here: false },
	spice: { label: 'SPICE', icon: 'spice', here: false },
};

/* "" when this guest's console of that kind can be opened here and now. */
export function whyNot(guest: Guest, kind: Kind): string {
	const state = guest.kinds[kind];

	if (!state)
		return 'This guest has no such console.';
	if (!state.available)
		return state.reason || 'Not available now.';
	return kinds[kind].here ? '' : 'This page opens screens only.';
}

export function kindsOf(guest: Guest): Kind[] {
	return (Object.keys(kinds) as Kind[]).filter((k) => guest.kinds[k]);
}

/*
 * A console of a guest of the gateway: the frame, the viewer of its kind, and
 * the way from one kind to the others.
 */
import { guest as askGuest } from '../lib/api';
import { firstKind, lastKind, rememberKind } from '../lib/kinds';
import type { Kind } from '../lib/types';
import { KindSwitch } from './kindswitch';
import { othersOf } from './others';
import { ApiSource } from './source';
import { ConsoleView, type Channel, type ViewOptions } from './view';
import { makerOf } from './viewers';

export interface GuestOptions extends
	Omit<ViewOptions, 'channel' | 'tools' | 'others'> {
	kind: Kind;
	deny: string[];  /* what the rules close to this person everywhere */
	switched?: (kind: Kind) => void; /* the user went to another kind */
}

function channelOf({ guest, deny }: GuestOptions, kind: Kind): Channel {
	return {
		maker: makerOf(kind), source: new ApiSource(guest, kind, deny),
	};
}

export function guestView(options: GuestOptions): ConsoleView {
	let was = '';
	const go = (kind: Kind): void => {
		if (kind === options.kind) {
			view.focus();
			return;
		}
		options.kind = kind;
		rememberKind(options.guest, kind);
		options.switched?.(kind);
		bar.current = kind;
		view.use(channelOf(options, kind));
	};
	const bar = new KindSwitch(options.guest, options.kind, go);
	const view: ConsoleView = new ConsoleView({
		...options, channel: channelOf(options, options.kind),
		tools: [bar.root],
		others: () => othersOf(options.guest, options.kind, go),
		changed() {
			const { name } = view.line.state;

			/* a guest that comes or goes may have other kinds now */
			if (name !== was && (name === 'connected' || name === 'ended'))
				void bar.refresh();
			was = name;
			options.changed();
		},
	});

	rememberKind(options.guest, options.kind);
	return view;
}

/* The kind to open where nobody says (R90). */
export async function kindFor(guest: string): Promise<Kind> {
	const last = lastKind(guest);

	if (last)
		return last;
	try {
		return firstKind(await askGuest(guest)) ?? 'vnc';
	} catch {
		return 'vnc'; /* opening it will tell what is wrong */
	}
}

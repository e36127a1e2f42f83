/* A console of a guest of the gateway, by kind. */
import type { Kind } from '../lib/types';
import { ApiSource } from './source';
import type { Channel } from './view';
import { makerOf } from './viewers';

/* deny: what the rules close to this person, on every console */
export function guestChannel(guest: string, kind: Kind,
	deny: string[]): Channel {
	return { maker: makerOf(kind), source: new ApiSource(guest, kind, deny) };
}

/*
 * Ways around an end (R89): the guest's VNC screen, and the hypervisor's own
 * page for whom the gateway tells it.
 */
import { guest as askGuest } from '../lib/api';
import { whyNot } from '../lib/kinds';
import type { Guest, Kind } from '../lib/types';
import type { Other } from './overlay';

export async function othersOf(id: string, kind: Kind,
	open: (kind: Kind) => void): Promise<Other[]> {
	const others: Other[] = [];
	let guest: Guest | null = null;

	try {
		guest = await askGuest(id);
	} catch {
		/* nothing is known against it: trying will tell */
	}
	if (kind !== 'vnc' && (!guest || !whyNot(guest, 'vnc')))
		others.push({ label: 'Open the VNC screen', act: () => open('vnc') });
	if (/^https?:\/\//.test(guest?.pve_url ?? ''))
		others.push({ label: 'Open in Proxmox', href: guest?.pve_url ?? '' });
	return others;
}

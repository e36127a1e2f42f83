/* The snapshots of a guest, and the way back to one (R86). */
import { Problem, restore, snapshots } from '../lib/api';
import { confirmed } from '../lib/confirm';
import { h, replace } from '../lib/dom';
import { icon } from '../lib/icons';
import type { Guest, Snapshot } from '../lib/types';
import type { Jobs } from './jobs';

const when = new Intl.DateTimeFormat(undefined,
	{ dateStyle: 'medium', timeStyle: 'short' });

function timeOf(snapshot: Snapshot): string {
	return snapshot.time ? when.format(snapshot.time * 1000) : '';
}

async function goBack(guest: Guest, snapshot: Snapshot, jobs: Jobs):
	Promise<void> {
	const name = guest.name || guest.id;
	const time = timeOf(snapshot);
	const yes = await confirmed({
		title: `Go back to \u201c${snapshot.name}\u201d with ${name}?`,
		about: `Everything that changed on ${name} since ` +
			`${time || 'then'} is lost.${snapshot.memory ? '' :
				' The snapshot holds no memory: the guest will be off.'}`,
		yes: `Go back with ${name}`, danger: true,
	});

	if (yes)
		void jobs.start(guest.id, 'restore',
			() => restore(guest.id, snapshot.name));
}

function row(guest: Guest, snapshot: Snapshot, jobs: Jobs): HTMLElement {
	return h('li', { class: 'snapshot' },
		h('span', { class: 'snapshot-text' },
			h('strong', null, snapshot.name),
			snapshot.memory ? h('span', {
				class: 'badge', 'data-tip': 'Holds the running state, too',
			}, 'RAM') : null,
			h('span', { class: 'snapshot-time' }, timeOf(snapshot)),
			snapshot.description ? h('span', {
				class: 'snapshot-about',
			}, snapshot.description) : null),
		h('button', {
			type: 'button', class: 'button small danger',
			'aria-label': `Go back to ${snapshot.name}`,
			on: { click: () => void goBack(guest, snapshot, jobs) },
		}, 'Go back'));
}

/* Asked for only when somebody wants to see them. */
export function snapshotSection(guest: Guest, jobs: Jobs,
	resized: () => void): HTMLElement {
	const list = h('div', { class: 'snapshots' });
	const look = async (): Promise<void> => {
		replace(list, h('p', { class: 'panel-note', role: 'status' },
			'Asking the hypervisor\u2026'));
		try {
			const all = await snapshots(guest.id);

			all.sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
			replace(list, all.length > 0 ? h('ul', { class: 'plain-list' },
				...all.map((s) => row(guest, s, jobs))) :
				h('p', { class: 'panel-note' }, 'This guest has none.'));
		} catch (problem) {
			replace(list, h('p', { class: 'alert', role: 'alert' },
				problem instanceof Problem ? problem.detail :
					String(problem)), button);
		}
		list.querySelector('button')?.focus({ preventScroll: true });
		resized();
	};
	const button = h('button', {
		type: 'button', class: 'button button-wide',
		on: { click: () => void look() },
	}, icon('camera'), 'Show snapshots');

	list.append(button);
	return h('section', null,
		h('h3', { class: 'panel-heading' }, 'Snapshots'), list);
}

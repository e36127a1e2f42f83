/* The marks of a guest (R31): how busy it is, and what it has. */
import { h } from '../lib/dom';
import { icon, type IconName } from '../lib/icons';
import type { Guest, Marks } from '../lib/types';

const systems = new Map(Object.entries({
	l24: 'Linux', l26: 'Linux', wxp: 'Windows XP', w2k: 'Windows 2000',
	w2k3: 'Windows 2003', w2k8: 'Windows 2008', wvista: 'Windows Vista',
	win7: 'Windows 7', win8: 'Windows 8', win10: 'Windows 10',
	win11: 'Windows 11', solaris: 'Solaris', archlinux: 'Arch Linux',
	centos: 'CentOS', opensuse: 'openSUSE', nixos: 'NixOS',
}));
const HIGH = 0.9;

/* "Linux", "Windows 11"; "" where it is not known. */
export function systemOf(marks: Marks | null | undefined): string {
	const os = marks?.os;

	return !os || os === 'other' ? '' :
		systems.get(os) ?? os.charAt(0).toUpperCase() + os.slice(1);
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/* Two digits are enough to look at. */
function short(bytes: number, unit: number): string {
	const n = bytes / unit;

	return n < 10 ? String(Math.round(n * 10) / 10) : String(Math.round(n));
}

function meter(name: string, share: number, shown: string,
	said: string): HTMLElement {
	const part = Math.max(0, Math.min(1, share));
	const fill = h('span', { class: 'meter-fill' });

	fill.style.width = `${Math.round(part * 100)}%`;
	return h('span', {
		class: 'meter', role: 'meter', 'aria-label': name,
		'aria-valuemin': 0, 'aria-valuemax': 100,
		'aria-valuenow': Math.round(part * 100), 'aria-valuetext': said,
		'data-tip': `${name}: ${said}`, 'data-high': part >= HIGH,
	}, h('span', { class: 'meter-name' }, name),
	h('span', { class: 'meter-bar' }, fill),
	h('span', { class: 'meter-value' }, shown));
}

function cpu(m: Marks): HTMLElement | null {
	if (typeof m.cpu !== 'number')
		return null;
	const percent = `${Math.round(m.cpu * 100)} %`;

	return meter('CPU', m.cpu, percent, typeof m.cpus === 'number' ?
		`${percent} of ${m.cpus} CPU${m.cpus === 1 ? '' : 's'}` : percent);
}

function memory(m: Marks): HTMLElement | null {
	if (typeof m.memory !== 'number' || !m.memory_max)
		return null;
	const [unit, letter] = m.memory_max < GIB ? [MIB, 'M'] : [GIB, 'G'];
	const [used, all] = [short(m.memory, unit), short(m.memory_max, unit)];

	return meter('Mem', m.memory / m.memory_max,
		`${used} / ${all} ${letter}`, `${used} of ${all} ${letter}iB of memory`);
}

function sign(glyph: IconName, words: string): HTMLElement {
	return h('span', {
		class: 'sign', role: 'img', 'aria-label': words, 'data-tip': words,
	}, icon(glyph));
}

/* What is off uses nothing, which its state says already. */
export function marksOf({ marks: m, status }: Guest): Node[] {
	if (!m)
		return [];
	const on = status !== 'stopped';

	return [
		on && cpu(m), on && memory(m),
		m.agent || m.audio || m.usb || m.clipboard ?
			h('span', { class: 'signs' },
				m.agent ? sign('agent', 'Guest agent') : null,
				m.audio ? sign('speaker', 'Audio') : null,
				m.usb ? sign('usb', 'USB redirection') : null,
				m.clipboard ? sign('clipboard', 'Clipboard') : null) :
			null,
	].filter((node): node is HTMLElement => node instanceof HTMLElement);
}

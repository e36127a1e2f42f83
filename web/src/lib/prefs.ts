/* What a person chose, kept in this browser; a full or closed store is no fault. */
const PREFIX = 'glassbridge.';

export function load<T extends object>(name: string, defaults: T): T {
	try {
		const raw = localStorage.getItem(PREFIX + name);

		return raw ? { ...defaults, ...JSON.parse(raw) as T } : defaults;
	} catch {
		return defaults;
	}
}

export function save(name: string, value: object): void {
	try {
		localStorage.setItem(PREFIX + name, JSON.stringify(value));
	} catch {
		/* nothing is lost but the memory of a choice */
	}
}

/* The open tabs belong to this window and outlive a reload. */
export function loadTabs(): { guest: string; kind: string }[] {
	try {
		const list: unknown = JSON.parse(
			sessionStorage.getItem(`${PREFIX}tabs`) ?? '[]');

		return Array.isArray(list) ? list as
			{ guest: string; kind: string }[] : [];
	} catch {
		return [];
	}
}

export function saveTabs(list: { guest: string; kind: string }[]): void {
	try {
		sessionStorage.setItem(`${PREFIX}tabs`, JSON.stringify(list));
	} catch {
		/* as above */
	}
}

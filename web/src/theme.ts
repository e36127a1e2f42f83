/*
 * Runs before the first paint, as a script of its own, so that a page in the
 * chosen colours never flashes in the others.
 */
try {
	const raw = localStorage.getItem('glassbridge.theme');
	const mode = raw ? (JSON.parse(raw) as { mode?: string }).mode : '';

	if (mode === 'light' || mode === 'dark')
		document.documentElement.dataset['theme'] = mode;
} catch {
	/* the system's colours, then */
}

export {};

/*
 * Where this page lives. The gateway may sit below a path prefix; it can say
 * so in <meta name="glassbridge-base">, and otherwise the address of this very
 * file tells: it lies in assets/, right below the base.
 */
function findBase(): URL {
	const meta = document.querySelector<HTMLMetaElement>(
		'meta[name="glassbridge-base"]');
	const told = meta?.content.trim();

	if (told)
		return new URL(told.endsWith('/') ? told : `${told}/`,
			location.origin);
	return new URL('../', import.meta.url);
}

const base = findBase();

/* The address of a path below the base; a leading slash means the base. */
export function at(path: string): URL {
	return new URL(path.replace(/^\/+/, ''), base);
}

/* A WebSocket address from what the gateway answered. */
export function wsAt(path: string): URL {
	const whole = /^(wss?|https?):/.test(path);
	const below = path.startsWith(base.pathname) && base.pathname !== '/';
	const url = whole || below ? new URL(path, base) : at(path);

	url.protocol = url.protocol.replace(/^http/, 'ws');
	return url;
}

/* The guest that /console/{guest} names, or "" (a link may name it instead). */
export function guestOfAddress(): string {
	const start = at('console/').pathname;

	if (!location.pathname.startsWith(start))
		return '';
	try {
		return decodeURIComponent(location.pathname.slice(start.length));
	} catch {
		return '';
	}
}

/*
 * A one-time link carries its code behind '#', where no server and no log
 * sees it. Take it out at once: it must not stay in the history either.
 */
export function takeLinkCode(): string | null {
	const params = new URLSearchParams(location.hash.slice(1));
	const code = params.get('t');

	if (code === null)
		return null;
	params.delete('t');
	const rest = params.toString();

	history.replaceState(null, '',
		location.pathname + location.search + (rest ? `#${rest}` : ''));
	return code;
}

export function start(place) {}

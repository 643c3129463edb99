// Counts down the seconds that the server said are left; when they are over it counts on with a sign.
export default (place) => {
  const ends = Date.now() + Number(place.dataset.seconds) * 1000;
  const show = () => {
    if (!place.isConnected) return clearInterval(timer);
    const left = Math.round((ends - Date.now()) / 1000);
    const all = Math.abs(left);
    const two = (number) => String(number).padStart(2, "0");
    const text = `${Math.floor(all / 3600)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
    place.textContent = left < 0 ? `−${text}` : text;
  };
  const timer = setInterval(show, 1000);
  show();
};

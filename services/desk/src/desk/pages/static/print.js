// A button that prints: there only where a script can.
const print = document.getElementById("print");
print.hidden = false;
print.addEventListener("click", () => window.print());

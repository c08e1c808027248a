// The login page: nothing but the name in focus.
const name = document.getElementById("name");
(name?.value ? document.getElementById("password") : name)?.focus();

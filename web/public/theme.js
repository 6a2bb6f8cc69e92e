// Sets theme and density before the first paint. It is a file of its own because the
// content security policy allows no inline script.
;(function () {
  var choice = 'system'
  var density = ''
  try {
    choice = localStorage.getItem('snug:theme') || 'system'
    density = localStorage.getItem('snug:density')
  } catch (_) {
    // Storage is blocked: follow the system.
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('dark', dark)
  document.documentElement.classList.toggle('compact', density === 'compact')
  var meta = document.querySelector('meta[name="theme-color"]')
  if (meta && dark) meta.setAttribute('content', '#16120f')
})()

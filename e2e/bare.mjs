// A call without a page and without a server to meet at: the test itself carries the descriptions,
// all candidates inside. The picture is a canvas, since about:blank may not use a camera.

const start = async (configuration, offer) => {
  const canvas = document.createElement('canvas')
  canvas.width = 320
  canvas.height = 240
  const context = canvas.getContext('2d')
  setInterval(() => {
    context.fillStyle = `hsl(${Date.now() / 10 % 360} 80% 50%)`
    context.fillRect(Math.random() * 300, Math.random() * 200, 60, 60)
  }, 50)
  const connection = new RTCPeerConnection(configuration)
  window.bare = connection
  connection.addTrack(canvas.captureStream(20).getVideoTracks()[0])
  connection.ontrack = ({ track }) => {
    const video = document.createElement('video')
    video.muted = true
    video.srcObject = new MediaStream([track])
    document.documentElement.append(video)
    video.play()
  }
  if (offer) await connection.setRemoteDescription(offer)
  await connection.setLocalDescription()
  await new Promise((resolve) => {
    const done = () => connection.iceGatheringState === 'complete' && resolve()
    connection.addEventListener('icegatheringstatechange', done)
    setTimeout(resolve, 5000)
    done()
  })
  return connection.localDescription.toJSON()
}

// bareCall exchanges the descriptions between two tabs; what comes of it is for the test to see.
export async function bareCall(caller, callee, configuration) {
  await Promise.all([caller, callee].map((tab) => tab.goto('about:blank')))
  const offer = await caller.evaluate(start, configuration)
  const answer = await callee.evaluate(start, configuration, offer)
  await caller.evaluate((description) => window.bare.setRemoteDescription(description), answer)
}

// states lists the state of every connection of the tabs.
export async function states(tabs) {
  const all = await Promise.all(tabs.map((tab) => tab.observed()))
  return all.flatMap(({ connections }) => connections.map((c) => c.connection))
}

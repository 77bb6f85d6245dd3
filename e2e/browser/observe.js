// Runs in every page before its own scripts. Keeps each RTCPeerConnection where a test can read
// its getStats, and can narrow the ICE servers that a page is given, or take WebSockets away from it.
(options) => {
  const connections = []
  const errors = []
  const histories = new WeakMap()

  const narrow = (configuration) => {
    if (!configuration?.iceServers) return configuration
    const asStun = (url) => url.replace(/^turns?:([^?]*).*/, 'stun:$1')
    const urls = (server) => [server.urls].flat()
    const transport = (url) => (url.startsWith('turns:') ? 'tls' : /transport=(\w+)$/.exec(url)?.[1])
    let iceServers = configuration.iceServers
    if (options.stunOnly) iceServers = iceServers.map((server) => ({ urls: urls(server).map(asStun) }))
    if (options.transport) {
      iceServers = iceServers
        .map((server) => ({ ...server, urls: urls(server).filter((url) => transport(url) === options.transport) }))
        .filter((server) => server.urls.length > 0)
    }
    return { ...configuration, iceServers }
  }

  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(configuration, ...rest) {
      super(narrow(configuration), ...rest)
      connections.push(this)
      const history = []
      histories.set(this, history)
      for (const what of ['signalingState', 'iceGatheringState', 'iceConnectionState', 'connectionState']) {
        this.addEventListener(what.toLowerCase() + 'change', () => {
          history.push(`${new Date().toISOString().slice(14, 23)} ${what} ${this[what]}`)
          if (history.length > 40) history.shift()
        })
      }
      this.addEventListener('icecandidateerror', (event) => {
        errors.push(`${event.errorCode} ${event.errorText} ${event.url}`)
        if (errors.length > 50) errors.shift()
      })
    }
    setConfiguration(configuration) { return super.setConfiguration(narrow(configuration)) }
  }

  let webSockets = 0
  window.WebSocket = class extends window.WebSocket {
    constructor(...args) {
      if (options.noWebSocket) throw new DOMException('WebSockets do not come through here', 'SecurityError')
      super(...args)
      webSockets++
    }
  }

  const describe = (candidate) => candidate && {
    type: candidate.candidateType,
    protocol: candidate.protocol,
    relayProtocol: candidate.relayProtocol,
    address: `${candidate.address ?? candidate.ip}:${candidate.port}`,
  }

  // A browser may never answer for a connection that is closed in the same moment; whoever waits asks again.
  const soon = (promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error('getStats is not answered')), 3000))])

  async function report(connection) {
    const stats = new Map()
    ;(await soon(connection.getStats())).forEach((entry) => stats.set(entry.id, entry))
    const all = (type) => [...stats.values()].filter((entry) => entry.type === type)
    const received = (kind, what) => all('inbound-rtp').filter((entry) => entry.kind === kind).reduce((sum, entry) => sum + (entry[what] ?? 0), 0)
    const chosen = all('transport').map((transport) => transport.selectedCandidatePairId).find(Boolean)
    const pair = stats.get(chosen) ?? all('candidate-pair').find((entry) => entry.selected)
    return {
      connection: connection.connectionState,
      ice: connection.iceConnectionState,
      local: describe(stats.get(pair?.localCandidateId)),
      remote: describe(stats.get(pair?.remoteCandidateId)),
      frames: received('video', 'framesDecoded'),
      loudness: received('audio', 'totalAudioEnergy'), // as the W3C defines it: silence adds nothing
      sending: connection.getSenders().map(({ track }) => track?.label).filter(Boolean),
      ways: connection.getTransceivers().map((transceiver) => [transceiver.receiver.track.kind, transceiver.currentDirection]),
      history: histories.get(connection),
      candidates: [...all('local-candidate'), ...all('remote-candidate')].map((entry) => ({ side: entry.type.split('-')[0], ...describe(entry) })),
    }
  }

  // Connections that the page has closed are gone from the answer.
  window.observed = async () => ({
    connections: await Promise.all(connections.filter((c) => c.signalingState !== 'closed').map(report)),
    errors,
    webSockets,
  })
}

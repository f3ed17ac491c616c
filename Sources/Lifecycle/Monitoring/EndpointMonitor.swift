import TernKernel
import TernLog
import TernStats
import TernStore

/// Watches one endpoint: reads its log and its labels, closes windows, and stores what it finds. One piece of work at a time.
actor EndpointMonitor {
    static let batch = 256
    /// Progress is stored after so many records even when nothing was found, so that a restart has little to read again.
    private static let storeEvery = 4096

    let endpoint: String
    let store: MonitorStore
    let feedback: FeedbackStore
    let ports: MonitoringPorts
    private let wall: WallClock
    private let watchingSince: Timestamp

    var live: LiveMonitor?
    private var sinceStored = 0
    private var profiles: [VersionKey: Profile?] = [:]
    private var outdated = false
    private var busy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(endpoint: String, store: MonitorStore, feedback: FeedbackStore, ports: MonitoringPorts, clock: WallClock) {
        self.endpoint = endpoint
        self.store = store
        self.feedback = feedback
        self.ports = ports
        wall = clock
        watchingSince = clock.now()
    }

    /// Takes in everything that came since the last time.
    ///
    /// - Returns: whether there was anything.
    func advance() async throws -> Bool {
        await enter()
        defer { leave() }
        var live = try await loaded()
        self.live = nil  // Whatever fails below, the next call begins with what is stored.
        var changed = false
        while true {
            let entries = try ports.read(endpoint, live.progress.read, EndpointMonitor.batch)
            if entries.isEmpty { break }
            for entry in entries { try await take(entry, &live) }
            try await label(entries, &live.observers)
            changed = true
        }
        if try await lookAtClock(&live) { changed = true }
        if try await takeLabels(&live, before: nil) { changed = true }
        self.live = live
        return changed
    }

    func clock() async throws -> Timestamp {
        await enter()
        defer { leave() }
        return try await loaded().progress.clock(now: wall.now())
    }

    /// Nil before a request has carried an event time.
    func eventClock() async throws -> Timestamp? { try await progress().eventClock }

    func progress() async throws -> MonitorProgress {
        await enter()
        defer { leave() }
        return try await loaded().progress
    }

    /// What each variant did with rows about times after `since`. The first question about a moment reads the log; from then on the
    /// answer is kept up to date.
    func observe(since: Timestamp, latencyLimit: Period?) async throws -> [VariantObservation] {
        await enter()
        defer { leave() }
        var live = try await loaded()
        var observer: Observer
        if let index = live.observers.firstIndex(where: { $0.since == since && $0.latencyLimit == latencyLimit }) {
            observer = live.observers.remove(at: index)
        } else {
            observer = try await self.observer(since: since, latencyLimit: latencyLimit, upTo: live.progress.read)
        }
        observer.asked = wall.now()
        // The last one asked for stands last; of those that nobody asks for any more, the oldest goes.
        live.observers.append(observer)
        if live.observers.count > 3 { live.observers.removeFirst() }
        self.live = live
        return observer.observations
    }

    /// The declaration changed: begin again with what is stored.
    func reload() { outdated = true }

    // MARK: Records

    private func take(_ entry: LoggedPrediction, _ live: inout LiveMonitor) async throws {
        let after = live.progress.read
        // Labels that came before this record go first where it ends a window's wait for them.
        if live.endsWaiting(entry.record) { _ = try await takeLabels(&live, before: entry.position) }
        var step = MonitorStep(decisions: live.note(entry))
        live.fold(entry, after: after, reference: try await profile(live.progress.primary), fresh: true)
        for index in live.observers.indices { live.observers[index].add(entry.record) }
        if entry.record.variant.role != .shadow { try await closeWindows(at: entry.position, now: nil, &live, &step) }
        sinceStored += 1
        if !step.isEmpty || sinceStored >= EndpointMonitor.storeEvery { try await commit(step, live) }
    }

    /// What time alone brings about: windows by the wall clock, and staleness.
    private func lookAtClock(_ live: inout LiveMonitor) async throws -> Bool {
        var step = MonitorStep()
        let now = wall.now()
        live.observers.removeAll { now - $0.asked > .hours(1) }
        if live.progress.eventClock == nil { try await closeWindows(at: .max, now: now, &live, &step) }
        if let health = live.declaration?.health, let last = live.progress.lastRequest {
            let verdict = HealthJudge(monitor: health).staleness(last: last, watchingSince: watchingSince, now: now)
            if let decision = live.rules.judge(AlertKey(.health), verdict, windows: 1) { step.decisions.append(decision) }
        }
        if step.isEmpty { return false }
        try await commit(step, live)
        return true
    }

    private func closeWindows(at position: Int64, now: Timestamp?, _ live: inout LiveMonitor, _ step: inout MonitorStep) async throws {
        guard let watermark = live.progress.watermark(now: now) else { return }
        for window in live.takeFeatures(watermark: watermark) {
            for score in try await scores(of: window, live) {
                let windows = score.monitor == .health ? 1 : live.declaration?.drift?.windows ?? 1
                let verdict = score.monitor == .health ? HealthJudge.verdict(score) : score.verdict
                if let decision = live.rules.judge(AlertKey(score.monitor, score.column), verdict, windows: windows) {
                    step.decisions.append(decision)
                }
                step.scores.append(score)
            }
        }
        for (from, to, range) in live.takeQuality(watermark: watermark) {
            let judged = try await judge(from: from, to: to, range: range, before: position, live)
            step.quality += judged
            if let kept = judged.first?.window {
                if kept.state == .provisional { live.provisional[from] = Provisional(to: to, after: range.after) }
                if let decision = raise(kept, &live) { step.decisions.append(decision) }
            }
        }
        step.finalBefore = live.finishQuality(watermark: watermark)
    }

    private func scores(of window: FeatureWindow, _ live: LiveMonitor) async throws -> [WindowScore] {
        var scores: [WindowScore] = []
        if let monitor = live.declaration?.drift {
            let primary = live.progress.primary
            let changed = !window.primaries.allSatisfy { $0 == primary }
            let partial = live.progress.first.map { window.from < $0 } ?? false
            let unfair = changed ? "versionChanged" : partial ? "partial" : nil
            scores += DriftJudge(monitor: monitor, reference: try await profile(primary), unfair: unfair).scores(window)
        }
        if let health = live.declaration?.health { scores += HealthJudge(monitor: health).scores(window) }
        return scores
    }

    func commit(_ step: MonitorStep, _ live: LiveMonitor) async throws {
        try await store.commit(step, live.settled, endpoint: endpoint, owner: live.declaration?.owner ?? "")
        sinceStored = 0
        ports.setLowWater(endpoint, live.lowWater)
    }

    func profile(_ version: VersionKey?) async throws -> Profile? {
        guard let version else { return nil }
        if let known = profiles[version] { return known }
        let profile = try await ports.profile(version.model, version.version)
        if profiles.count >= 8 { profiles.removeAll() }
        profiles[version] = .some(profile)
        return profile
    }

    // MARK: Starting

    private func loaded() async throws -> LiveMonitor {
        if let live, !outdated { return live }
        outdated = false
        var live = LiveMonitor(try await store.state(endpoint))
        var position = live.progress.needed
        var primary = live.progress.primary
        while position < live.progress.read {
            let entries = try ports.read(endpoint, position, EndpointMonitor.batch).filter { $0.position <= live.progress.read }
            guard !entries.isEmpty else { break }
            for entry in entries {
                if entry.record.isAnswer, entry.record.variant.role == .primary { primary = VersionKey(entry.record.variant) }
                live.fold(entry, after: position, reference: try await profile(primary), fresh: false)
                position = entry.position
            }
        }
        ports.setLowWater(endpoint, live.lowWater)
        self.live = live
        return live
    }

    // MARK: One at a time

    private func enter() async {
        guard busy else {
            busy = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty {
            busy = false
        } else {
            waiting.removeFirst().resume()
        }
    }
}

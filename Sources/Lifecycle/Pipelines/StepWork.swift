import Foundation
import TernJobs
import TernKernel
import TernStore

/// One attempt of one step: find its inputs, look into the cache, do the work, keep the outputs.
struct StepWork: Sendable {
    let executor: RunExecutor
    let record: PipelineStore.RunRecord
    let step: StepDefinition
    let attempt: Int
    let context: JobContext

    private var run: PipelineRun { record.run }
    private var ports: PipelinePorts { executor.ports }
    private var attemptFolder: String { "\(executor.folder)/\(run.id)/\(step.name)/\(attempt)" }

    /// An input with its content's digest and where it lies.
    struct Input: Sendable {
        var input: StepInput
        var digest: Digest
        var path: String
        var dataset: PipelineDataset?
    }

    func perform() async throws -> StepReport {
        var inputs: [Input] = []
        for input in step.allInputs { inputs.append(try await resolve(input)) }
        let facts = try facts(inputs)
        let key = try facts.key()
        if step.cache, let hit = try await cached(key) { return try await reuse(hit, facts, key) }
        let cause = try await cause(facts)
        try await executor.database.write { [run, step] in
            try PipelineStore.setFacts(facts, key: key, cause: cause, step: step.name, of: run.id, in: $0)
        }
        context.log("tern: \(cause)")
        defer { try? FileManager.default.removeItem(atPath: attemptFolder) }
        try? FileManager.default.removeItem(atPath: attemptFolder)
        try FileManager.default.createDirectory(atPath: attemptFolder + "/outputs", withIntermediateDirectories: true)
        switch step.action {
        case .run(let command): return try await run(command, inputs)
        case .evaluate(let model, let table, let target): return try await evaluate(try file(model, inputs), try file(table, inputs), target)
        case .register(let model, let from, let holdout, let reference):
            return try await register(
                model, try file(from, inputs), try holdout.map { try file($0, inputs) }, try reference.map { try file($0, inputs) }, inputs)
        }
    }

    // MARK: Inputs

    private func resolve(_ input: StepInput) async throws -> Input {
        switch input {
        case .dataset(let name):
            let dataset = try await ports.dataset(name, run.datasets[name])
            return Input(input: input, digest: dataset.digest, path: dataset.path, dataset: dataset)
        case .output(let source, let file):
            guard let output = run.step(source)?.outputs.first(where: { $0.name == file }) else {
                throw TernError(.internal, "its input \(input.label) was not kept")
            }
            return Input(input: input, digest: output.digest, path: try await executor.blobs.localFile(of: output.digest))
        case .file(let path):
            let file = "\(record.folder)/\(path)"
            return Input(input: input, digest: try Digest.ofFile(at: file).digest, path: file)
        }
    }

    /// Gives a built-in step an input under its own name, whose extension tells the format.
    private func file(_ input: StepInput, _ inputs: [Input]) throws -> String {
        guard let found = inputs.first(where: { $0.input == input }) else { throw TernError(.internal, "its input \(input.label) was not resolved") }
        guard case .output(let source, let name) = input else { return found.path }
        let folder = "\(attemptFolder)/inputs/\(source)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let link = "\(folder)/\(name)"
        if !FileManager.default.fileExists(atPath: link) { try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: found.path) }
        return link
    }

    /// Gives a command a copy: a step that changes its input in place must not change the blob.
    private func copies(_ inputs: [Input]) throws -> [StepEnvironment.File] {
        try inputs.map { input in
            guard case .output(let source, let name) = input.input else { return StepEnvironment.File(label: input.input.label, path: input.path) }
            let folder = "\(attemptFolder)/inputs/\(source)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            do {
                try FileManager.default.copyItem(atPath: input.path, toPath: "\(folder)/\(name)")
            } catch {
                throw DurableFile.describe(error, "cannot copy its input \(input.input.label)")
            }
            return StepEnvironment.File(label: input.input.label, path: "\(folder)/\(name)")
        }
    }

    // MARK: Cache

    private func facts(_ inputs: [Input]) throws -> StepFacts {
        let digests = Dictionary(inputs.map { ($0.input.label, $0.digest.hex) }, uniquingKeysWith: { $1 })
        func asked(_ kind: String, _ question: String) -> StepFacts {
            StepFacts(kind: kind, command: question, inputs: digests, params: [:], outputs: step.outputs, code: [:], packages: nil)
        }
        switch step.action {
        case .run(let command):
            return StepFacts(
                kind: "run", command: command, inputs: digests, params: run.params, outputs: step.outputs,
                code: try CodeFacts.files(of: command, folder: record.folder), packages: run.code?.packages)
        case .evaluate(let model, let table, let target): return asked("evaluate", "\(model.label) on \(table.label) for \(target)")
        case .register(let model, let from, let holdout, let reference):
            return asked("register", "\(model) from \(from.label), holdout \(holdout?.label ?? "none"), reference \(reference?.label ?? "none")")
        }
    }

    private func cached(_ key: Digest) async throws -> PipelineStore.CachedStep? {
        let hit = try await executor.database.read { [run, step] in
            try PipelineStore.cached(pipeline: run.pipeline, step: step.name, key: key, $0)
        }
        // A blob that was cleaned away is made again.
        for output in hit?.outputs ?? [] where try await !executor.blobs.contains(output.digest) { return nil }
        return hit
    }

    private func reuse(_ hit: PipelineStore.CachedStep, _ facts: StepFacts, _ key: Digest) async throws -> StepReport {
        let cause = StepCause.cached(facts, run: hit.run)
        context.log("tern: \(cause)")
        try await executor.database.write { [run, step] in
            try PipelineStore.setFacts(facts, key: key, cause: cause, step: step.name, of: run.id, in: $0)
        }
        try await log(metrics: hit.result)
        return StepReport(outcome: .cached, cause: cause, outputs: hit.outputs, result: hit.result, reusedRun: hit.run)
    }

    private func cause(_ facts: StepFacts) async throws -> String {
        let known = run.step(step.name)
        if attempt > 1, let error = known?.error { return "ran again (attempt \(attempt)) after: \(error)" }
        guard step.cache else { return StepCause.cacheOff }
        let last = try await executor.database.read { [run, step] connection -> PipelineStore.LastFacts? in
            try PipelineStore.lastFacts(pipeline: run.pipeline, step: step.name, connection)
        }
        return StepCause.ran(facts, last: last.map { ($0.run, $0.facts) })
    }

    // MARK: Built-in steps

    private func evaluate(_ model: String, _ table: String, _ target: String) async throws -> StepReport {
        let metrics = try await ports.evaluate(model, table, target)
        let result: JSON = ["metrics": .object(metrics.mapValues(JSON.double))]
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) { context.log("\(name) = \(value)") }
        try await log(metrics: result)
        if let output = step.outputs.first {
            try DurableFile.write(Data(JSON.object(metrics.mapValues(JSON.double)).pretty.utf8), to: "\(attemptFolder)/outputs/\(output)")
        }
        return try await collect(result: result)
    }

    private func log(metrics result: JSON?) async throws {
        guard let tracking = run.trackingRun, let metrics = result?["metrics"]?.objectValue, !metrics.isEmpty else { return }
        try await ports.logMetrics(tracking, metrics.compactMapValues(\.doubleValue))
    }

    private func register(_ model: String, _ file: String, _ holdout: String?, _ reference: String?, _ inputs: [Input]) async throws -> StepReport {
        var datasets = inputs.compactMap(\.dataset)
        for (name, version) in run.datasets.sorted(by: { $0.key < $1.key }) where !datasets.contains(where: { $0.name == name }) {
            datasets.append(try await ports.dataset(name, version))
        }
        let outcome = try await ports.register(
            RegisterStep(
                model: model, modelPath: file, holdoutPath: holdout, referencePath: reference, trackingRun: run.trackingRun, pipeline: run.pipeline,
                pipelineRun: run.id, step: step.name, origin: run.origin, reason: run.reason, eventTime: run.eventTime, code: run.code,
                datasets: datasets, params: run.params, by: record.identity))
        context.log("\(model) version \(outcome.version): \(outcome.verdict)")
        return try await collect(
            result: [
                "model": .string(model), "version": .int(Int64(outcome.version)), "verdict": .string(outcome.verdict), "evidence": outcome.evidence,
            ])
    }

    // MARK: Commands

    private func run(_ command: String, _ inputs: [Input]) async throws -> StepReport {
        var environment = StepEnvironment()
        if let venv = CodeFacts.venv(folder: record.folder) { environment.activate(venv: venv) }
        environment.add("TERN_INPUT", try copies(inputs))
        environment.add("TERN_OUTPUT", step.outputs.map { StepEnvironment.File(label: $0, path: "\(attemptFolder)/outputs/\($0)") })
        environment.add(params: run.params)
        environment.set("TERN_RUN", run.id)
        environment.set("TERN_PIPELINE", run.pipeline)
        environment.set("TERN_STEP", step.name)
        environment.set("TERN_ATTEMPT", String(attempt))
        environment.set("MLFLOW_TRACKING_URI", ports.trackingURI())
        environment.set("MLFLOW_EXPERIMENT_NAME", run.pipeline)
        environment.set("MLFLOW_RUN_ID", run.trackingRun)
        environment.merge(ports.environment())
        let result = try await context.runProcess(
            ProcessRequest(command: ["sh", "-c", command], environment: environment.variables, folder: record.folder, timeout: step.timeout))
        switch result.exit {
        case .exited(0):
            var report = try await collect(result: nil)
            report.exit = "\(result.exit)"
            return report
        case .cancelled: return .cancelled
        case .exited, .signalled, .timedOut:
            return StepReport(outcome: .failed(canRetry: true), error: sentence(result.exit), exit: "\(result.exit)")
        }
    }

    private func sentence(_ exit: ProcessExit) -> String {
        var text =
            switch exit {
            case .exited(127): "step '\(step.name)' exited with code 127: a command was not found"
            case .signalled(9): "step '\(step.name)' was \(exit); if nobody did that, the machine may have run out of memory"
            case .signalled: "step '\(step.name)' was \(exit)"
            case .timedOut: "step '\(step.name)' took longer than its timeout of \(step.timeout?.description ?? "?") and was stopped"
            case .exited, .cancelled: "step '\(step.name)' \(exit)"
            }
        if let line = LogPiece.lastLine(of: context.logPath), !line.hasPrefix("tern: ") { text += "; its log ends: \(line)" }
        return text
    }

    /// Keeps the declared outputs as blobs.
    private func collect(result: JSON?) async throws -> StepReport {
        var outputs: [StepOutput] = []
        for name in step.outputs {
            let path = "\(attemptFolder)/outputs/\(name)"
            var isFolder: ObjCBool = false
            let variable = "TERN_OUTPUT_\(StepEnvironment.variable(name))"
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                return StepReport(
                    outcome: .failed(canRetry: true),
                    error: "step '\(step.name)' ended well but did not write its output \(name); write it to the path in \(variable)")
            }
            guard !isFolder.boolValue else {
                return StepReport(
                    outcome: .failed(canRetry: true),
                    error: "step '\(step.name)' made a folder of its output \(name); an output is one file, at \(variable)")
            }
            let (digest, size) = try await executor.blobs.put(fileAt: path)
            outputs.append(StepOutput(name: name, digest: digest, bytes: size))
        }
        return StepReport(outcome: .succeeded, outputs: outputs, result: result)
    }
}

import TernKernel

// Logged models, and the registry.
extension Importer {
    mutating func bringModels(of experiment: ImportedExperiment, to number: Int64) async throws {
        let models = try await source.loggedModels(of: experiment)
        for model in models { places[model.artifactURI] = model.place(in: number) }
        if options.dryRun { return report.add(.loggedModels, source: models.count, here: 0) }
        for model in models {
            let json = model.json(in: number)
            let answer = try await post("logged-models", ["models": .array([json])])
            let state = answer["models"]?[0]?["state"]?.stringValue
            report.add(.loggedModels, source: 1, here: 0)
            var isMissing = false
            if options.withFiles, state == "partial" {
                if let place = model.filesStayAt {
                    source.notes.add("files stay at \(place.prefix { $0 != ":" })://: the models go on pointing there")
                } else {
                    isMissing = try await bring(try await source.files(of: model), below: "\(number)/models/\(model.id)/artifacts")
                }
            }
            let stored = try await post("check", ["models": JSON([model.id])])["models"]?[0] ?? .null
            let differences = RunDifference.between(json, stored)
            if !differences.isEmpty {
                report.failures.append("logged model \(model.id) differs: \(differences.joined(separator: "; "))")
                continue
            }
            report.add(.loggedModels, source: 0, here: 1)
            if state == "partial" { _ = try await post("finish", ["models": [["id": .string(model.id), "files_missing": .bool(isMissing)]]]) }
        }
    }

    mutating func bringRegistry() async throws {
        for model in try await source.registeredModels() {
            report.add(.registeredModels, source: 1, here: 0)
            report.add(.modelVersions, source: model.versions.count, here: 0)
            if options.dryRun { continue }
            var moved = model
            for index in moved.versions.indices {
                moved.versions[index].source = placed(moved.versions[index].source)
                moved.versions[index].location = moved.versions[index].location.map(placed)
            }
            let answer: JSON
            do {
                answer = try await post("model", ["model": moved.json])
            } catch let error as TernError where error.code == .invalidArgument {
                report.failures.append("model \(model.name) was refused: \(error.message)")
                continue
            }
            for refusal in answer["refused"]?.arrayValue ?? [] { report.failures.append(refusal.stringValue ?? "") }
            if options.withFiles { for version in model.versions { try await bringFile(of: version, model.name) } }
            try await compare(moved)
        }
    }

    private mutating func bringFile(of version: ImportedModel.Version, _ model: String) async throws {
        guard let file = version.file else { return }
        report.add(.files, source: 1, here: 0)
        report.add(.bytes, source: file.size, here: 0)
        do {
            let before = try await hash(file)
            let source = source
            let arrived = try await target.send(model: model, version: version.number, size: before.size) { take in
                try await source.read(file, take)
            }
            guard arrived == before.digest else {
                return report.failures.append("the ONNX file of version \(version.number) of \(model) has another SHA-256 here than at the source")
            }
            report.add(.files, source: 0, here: 1)
            report.add(.bytes, source: before.size - file.size, here: before.size)
            done.files += 1
            progress(done)
        } catch let error as TernError where error.code != .unavailable && error.code != .timeout {
            report.failures.append("the ONNX file of version \(version.number) of \(model) did not come over: \(error.message)")
        }
    }

    private mutating func compare(_ model: ImportedModel) async throws {
        let stored = try await post("model/check", ["name": .string(model.name)])["model"] ?? .null
        if stored.isNull {
            report.failures.append("model \(model.name) is not here")
            return
        }
        report.add(.registeredModels, source: 0, here: 1)
        let versions = Dictionary(
            (stored["versions"]?.arrayValue ?? []).compactMap { version in version["version"]?.intValue.map { ($0, version) } },
            uniquingKeysWith: { $1 })
        for version in model.versions {
            let here = versions[version.number] ?? .null
            var sent = version
            // A version that was judged here since is no other one for that.
            if let touched = here["updated_at"]?.intValue { sent.updatedAt = max(sent.updatedAt, touched) }
            let differences = RunDifference.between(sent.json, here)
            if differences.isEmpty {
                report.add(.modelVersions, source: 0, here: 1)
            } else {
                report.failures.append("version \(version.number) of \(model.name) differs: \(differences.joined(separator: "; "))")
            }
        }
    }

    /// The same place here, where the source's place came over.
    private func placed(_ uri: String) -> String {
        var head = Substring(uri)
        while true {
            if let place = places[String(head)] { return place + uri.dropFirst(head.count) }
            guard let slash = head.lastIndex(of: "/") else { return uri }
            head = head[..<slash]
        }
    }
}

import Foundation
import TernKernel
import TernStore

/// What a version was made from, with what other rooms know of it at this moment.
package struct LineageAnswer: Codable, Sendable {
    package struct Run: Codable, Sendable {
        package var id: String
        /// Nil when tracking no longer has it.
        package var name: String?
        package var params: [String: String]
        package var metrics: [String: Double]
    }

    package struct Dataset: Codable, Sendable {
        package var name: String
        /// 0 for a dataset that only the run knows.
        package var version: Int
        package var digest: String
        package var rows: Int64?
    }

    package struct Environment: Codable, Sendable {
        package var name: String
        package var digest: String
        package var bytes: Int
        /// Nil when it is long, not UTF-8, or its blob is gone.
        package var content: String?
    }

    package var model: String
    package var version: Int
    package var digest: Digest?
    package var run: Run?
    package var pipelineRun: String?
    package var step: String?
    package var codeCommit: String?
    package var codeClean: Bool?
    package var codeRepository: String?
    package var codeSource: String?
    package var datasets: [Dataset]
    /// The tables it was judged on and is watched against.
    package var holdout: Digest?
    package var reference: Digest?
    package var environment: String?
    package var environmentFiles: [Environment]
    package var params: [String: JSON]
    package var features: [String]
    package var source: String
    package var signature: ModelSignature?
    package var declaredSignature: JSON?
    package var createdAt: Timestamp
    package var createdBy: String
}

extension RegistryService {
    /// Longer environment files are named by their digest only.
    private static let longestContent = 256 * 1024

    /// - Throws: `not_found`.
    package func lineage(_ model: String, _ version: Int) async throws -> LineageAnswer {
        let found = try await self.version(model, version)
        let lineage = found.lineage
        var run: LineageAnswer.Run?
        if let id = found.runID.flatMap({ $0.isEmpty ? nil : $0 }) ?? lineage.run {
            let facts = try await ports.run(id)
            run = LineageAnswer.Run(id: id, name: facts?.name, params: facts?.params ?? [:], metrics: facts?.metrics ?? [:])
        }
        var environmentFiles: [LineageAnswer.Environment] = []
        for file in lineage.environmentFiles { environmentFiles.append(await contents(file)) }
        return LineageAnswer(
            model: model, version: version, digest: found.digest, run: run, pipelineRun: lineage.pipelineRun, step: lineage.step,
            codeCommit: lineage.codeCommit, codeClean: lineage.codeClean, codeRepository: lineage.codeRepository, codeSource: lineage.codeSource,
            datasets: try await datasets(of: found), holdout: found.holdout, reference: found.reference, environment: lineage.environment,
            environmentFiles: environmentFiles, params: lineage.params, features: lineage.features, source: found.source,
            signature: found.signature, declaredSignature: found.declaredSignature, createdAt: found.createdAt, createdBy: found.createdBy)
    }

    func datasets(of version: ModelVersion) async throws -> [LineageAnswer.Dataset] {
        var datasets: [LineageAnswer.Dataset] = []
        for dataset in version.lineage.datasets {
            let rows = dataset.version > 0 ? try await ports.datasetRows(dataset.name, dataset.version) : nil
            datasets.append(LineageAnswer.Dataset(name: dataset.name, version: dataset.version, digest: dataset.digest, rows: rows))
        }
        return datasets
    }

    private func contents(_ file: Lineage.EnvironmentFile) async -> LineageAnswer.Environment {
        var answer = LineageAnswer.Environment(name: file.name, digest: file.digest, bytes: file.bytes, content: nil)
        guard file.bytes <= RegistryService.longestContent, let digest = Digest(hex: file.digest), let data = try? await blobs.read(digest) else {
            return answer
        }
        answer.content = String(validating: data, as: UTF8.self)
        return answer
    }
}

import Foundation
import Synchronization
import TernInference
import TernKernel
import TernLog

/// The models in memory. Looking one up is a short lock; loading happens beside the ones that run and is shared by all who wait for it.
package final class ModelPool: Sendable {
    package struct Key: Hashable, Sendable {
        package let model: String
        package let version: Int

        package init(model: String, version: Int) {
            self.model = model
            self.version = version
        }

        package init(_ variant: VariantReference) { self.init(model: variant.model, version: variant.version) }
    }

    private struct State {
        var loaded: [Key: InferenceModel] = [:]
        var loading: [Key: Task<InferenceModel, any Error>] = [:]
    }

    private let engine: InferenceEngine
    private let modelFile: @Sendable (_ model: String, _ version: Int) async throws -> String
    private let state = Mutex(State())

    package init(engine: InferenceEngine, modelFile: @escaping @Sendable (_ model: String, _ version: Int) async throws -> String) {
        self.engine = engine
        self.modelFile = modelFile
    }

    /// The model, when it is loaded.
    package func loaded(_ key: Key) -> InferenceModel? { state.withLock { $0.loaded[key] } }

    package var loadedKeys: Set<Key> { state.withLock { Set($0.loaded.keys) } }

    /// The model, loaded now when it was not.
    package func model(_ key: Key) async throws -> InferenceModel {
        let (model, task) = state.withLock { state -> (InferenceModel?, Task<InferenceModel, any Error>?) in
            if let model = state.loaded[key] { return (model, nil) }
            if let task = state.loading[key] { return (nil, task) }
            let task = Task { try await self.load(key) }
            state.loading[key] = task
            return (nil, task)
        }
        if let model { return model }
        guard let task else { throw TernError(.internal, "model \(key.model) version \(key.version) is neither loaded nor loading") }
        return try await task.value
    }

    /// Loads what is missing, before traffic moves there.
    package func ensureLoaded(_ variants: [VariantReference]) async throws {
        for variant in variants { _ = try await model(Key(variant)) }
    }

    /// Lets go of the others; requests that run on them end undisturbed.
    package func keep(only keys: Set<Key>) { state.withLock { state in state.loaded = state.loaded.filter { keys.contains($0.key) } } }

    private func load(_ key: Key) async throws -> InferenceModel {
        do {
            let path = try await modelFile(key.model, key.version)
            // Reading a model may take a while, and the cooperative threads answer requests.
            let model = try await Task.detached(priority: .utility) { [engine] in
                let model = try engine.load(modelAt: path)
                model.warmUp()
                return model
            }.value
            state.withLock { state in
                state.loading[key] = nil
                state.loaded[key] = model
            }
            return model
        } catch {
            state.withLock { $0.loading[key] = nil }
            throw error
        }
    }
}

extension InferenceModel {
    /// One row of zeros, so that the first caller does not wait for what the runtime does on first use. A model that refuses zeros is not wrong.
    fileprivate func warmUp() {
        let zeros = inputs.map { input -> Tensor? in
            let shape = input.shape.map { $0 < 0 ? 1 : $0 }
            guard let count = Tensor.elements(in: shape), count <= 1 << 20 else { return nil }
            if input.type == .string { return try? Tensor(input.name, shape: shape, strings: Array(repeating: "", count: count)) }
            let bytes = TensorBuffer(count: count * input.type.size) { buffer in buffer.initializeMemory(as: UInt8.self, repeating: 0) }
            return try? Tensor(input.name, type: input.type, shape: shape, bytes: bytes)
        }
        _ = try? run(zeros.compactMap { $0 }, outputs: nil)
    }
}

import Serving
import TernInference
import TernKernel
import TernLog

/// What the protocol says about a model, as JSON.
enum ModelDescription {
    static func metadata(_ model: ServedModel) -> JSON {
        [
            "name": .string(model.name), "versions": .array(model.versions.map { .string(String($0)) }), "platform": "onnxruntime_onnx",
            "inputs": .array(inputs(model).map(tensor)), "outputs": .array(model.outputs.map(tensor)),
        ]
    }

    /// The event times come in as one more input.
    private static func inputs(_ model: ServedModel) -> [TensorInfo] {
        model.inputs + (model.eventTime.map { [TensorInfo(name: $0, type: .int64, shape: [-1])] } ?? [])
    }

    private static func tensor(_ info: TensorInfo) -> JSON {
        ["name": .string(info.name), "datatype": .string(info.type.datatype), "shape": .array(info.shape.map { .int(Int64($0)) })]
    }

    static func config(_ model: ServedModel) -> JSON {
        [
            "name": .string(model.name), "platform": "onnxruntime_onnx", "backend": "onnxruntime",
            "version_policy": ["specific": ["versions": .array(model.versions.map { .int(Int64($0)) })]],
            // 0: shapes are given whole, with the rows.
            "max_batch_size": 0,
            "input": .array(inputs(model).map { configured($0, more: ["optional": .bool($0.name == model.eventTime), "format": "FORMAT_NONE"]) }),
            "output": .array(model.outputs.map { configured($0, more: ["label_filename": ""]) }),
            "default_model_filename": "model.onnx", "parameters": [:],
        ]
    }

    private static func configured(_ info: TensorInfo, more: [String: JSON]) -> JSON {
        let word = info.type == .string ? "STRING" : info.type.datatype
        let fields: [String: JSON] = [
            "name": .string(info.name), "data_type": .string("TYPE_" + word), "dims": .array(info.shape.map { .int(Int64($0)) }),
        ]
        return .object(fields.merging(more) { first, _ in first })
    }

    /// The counters of each version, as far as they are counted: the whole request and the model's part of it are one figure.
    static func statistics(_ metrics: EndpointMetrics, versions: [Int]) -> [JSON] {
        versions.map { version in
            let all = metrics.variants.filter { $0.variant.version == version }
            let good = all.reduce(Int64(0)) { $0 + $1.requests - $1.errors }
            let bad = all.reduce(Int64(0)) { $0 + $1.errors }
            let time = all.reduce(0.0) { $0 + ($1.latencyMeanMicroseconds ?? 0) * 1000 * Double($1.requests) }
            let success: JSON = ["count": .int(good), "ns": .int(Int64(time))]
            let none: JSON = ["count": 0, "ns": 0]
            return [
                "name": .string(metrics.endpoint), "version": .string(String(version)),
                "last_inference": .int(all.compactMap(\.lastRequest?.milliseconds).max() ?? 0),
                "inference_count": .int(all.reduce(0) { $0 + $1.rows }),
                "execution_count": .int(good + bad),
                "inference_stats": [
                    "success": success, "fail": ["count": .int(bad), "ns": 0], "queue": none, "compute_input": none, "compute_infer": success,
                    "compute_output": none, "cache_hit": none, "cache_miss": none,
                ],
                "response_stats": [:], "batch_stats": [], "memory_usage": [],
            ]
        }
    }
}

namespace Deq.Runtime.Models;

/// <summary>The names of a model's graphs in manifests.</summary>
public static class ModelParts
{
    /// <summary>input ↦ injections.</summary>
    public const string Encoder = "encoder";

    /// <summary>(z, injections) ↦ f(z, x).</summary>
    public const string Cell = "cell";

    /// <summary>z* ↦ output.</summary>
    public const string Decoder = "decoder";

    /// <summary>(z, injections, u) ↦ uᵀ·∂f/∂z. Optional.</summary>
    public const string CellVectorJacobian = "cellVectorJacobian";

    /// <summary>The inputs and outputs of a part, in order.</summary>
    /// <exception cref="ArgumentException">There is no part of that name.</exception>
    internal static (IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs) TensorsOf(string part, ModelContract contract) => part switch
    {
        Encoder => ([contract.Input], contract.Injections),
        Cell => ([TensorNames.State, .. contract.CellInjections], [TensorNames.Mapped]),
        Decoder => ([TensorNames.State, .. contract.DecoderInjections], [contract.Output]),
        CellVectorJacobian => ([TensorNames.State, .. contract.CellInjections, TensorNames.Cotangent], [TensorNames.CotangentProduct]),
        _ => throw new ArgumentException($"There is no part '{part}'.", nameof(part)),
    };
}

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

    /// <summary>(z, injections, u) ↦ f(z, x), uᵀ·∂f/∂z and uᵀ·∂f/∂x in one run. Optional.</summary>
    public const string JointCell = "jointCell";

    /// <summary>(z, injections past the cell, v) ↦ vᵀ·∂output/∂z. Optional.</summary>
    public const string DecoderVectorJacobian = "decoderVectorJacobian";

    /// <summary>(input, w) ↦ wᵀ·∂x/∂input. Optional.</summary>
    public const string EncoderVectorJacobian = "encoderVectorJacobian";

    /// <summary>(z, injections) ↦ an energy of z, <c>[B, 1]</c>, whose critical points are fixed points. Optional, of tasks that have one.</summary>
    public const string Energy = "energy";

    /// <summary>The inputs and outputs of a part, in order.</summary>
    /// <exception cref="ArgumentException">There is no part of that name.</exception>
    internal static (IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs) TensorsOf(string part, ModelContract contract) => part switch
    {
        Encoder => ([contract.Input], contract.Injections),
        Cell => ([TensorNames.State, .. contract.CellInjections], [TensorNames.Mapped]),
        Decoder => ([TensorNames.State, .. contract.DecoderInjections], [contract.Output]),
        CellVectorJacobian => ([TensorNames.State, .. contract.CellInjections, TensorNames.Cotangent], [TensorNames.CotangentProduct]),
        JointCell => (
            [TensorNames.State, .. contract.CellInjections, TensorNames.Cotangent],
            [TensorNames.Mapped, TensorNames.CotangentProduct, TensorNames.InjectionProduct]),
        DecoderVectorJacobian => ([TensorNames.State, .. contract.DecoderInjections, TensorNames.OutputCotangent], [TensorNames.OutputProduct]),
        EncoderVectorJacobian => ([contract.Input, TensorNames.InjectionCotangent], [TensorNames.InputProduct]),
        Energy => ([TensorNames.State, .. contract.EnergyInjections ?? []], [TensorNames.Energy]),
        _ => throw new ArgumentException($"There is no part '{part}'.", nameof(part)),
    };
}

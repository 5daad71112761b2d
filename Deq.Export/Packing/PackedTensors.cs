namespace Deq.Export.Packing;

/// <summary>The tensors of a foreign model under the names and with the shapes of its bundle.</summary>
internal sealed record PackedTensors
{
    /// <summary>What the encoder takes.</summary>
    public required StampedTensor Input { get; init; }

    /// <summary>What the encoder gives.</summary>
    public required IReadOnlyList<StampedTensor> Injections { get; init; }

    /// <summary>z, as the cell has it.</summary>
    public required StampedTensor State { get; init; }

    /// <summary>What the decoder gives.</summary>
    public required StampedTensor Output { get; init; }
}

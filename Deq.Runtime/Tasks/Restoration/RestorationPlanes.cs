namespace Deq.Runtime.Tasks.Restoration;

/// <summary>The planes of the encoder's input <c>[Count, H, W]</c>: what the data term and the regulariser of one request are.</summary>
/// <remarks>The cell is z ↦ z − (<see cref="Weight"/>∘z − <see cref="Target"/> + <see cref="Strength"/>∘∇R(z; σ)); all include the step τ.</remarks>
public static class RestorationPlanes
{
    /// <summary>τ·diag(HᵀH) where H is diagonal, otherwise 0.</summary>
    public const int Weight = 0;

    /// <summary>τ·Hᵀy.</summary>
    public const int Target = 1;

    /// <summary>τ·λ.</summary>
    public const int Strength = 2;

    /// <summary>σ of the regulariser, the same in every pixel, in units of the grey range.</summary>
    public const int Sigma = 3;

    /// <summary>A convolution and the pixels that are measured, where H is not diagonal; otherwise 0.</summary>
    public const int Kernel = 4;

    /// <summary>The picture from which the encoder reads where to smooth: where the solve starts.</summary>
    public const int Guide = 5;

    /// <summary>0 everywhere if every pixel was measured with the noise of <see cref="Sigma"/>; 1 where the operator loses some, so that <see cref="Guide"/> is no noisy picture.</summary>
    public const int Lossy = 6;

    /// <summary>How many planes there are.</summary>
    public const int Count = 7;

    /// <summary>Planes of the injection x: weight, target, strength, kernel.</summary>
    public const int Injected = 4;
}

using System.Numerics.Tensors;

namespace Deq.Benchmarks.Bilevel;

/// <summary>How the outer problem's gradient passes the inner minimum: q ≈ (∇²r)⁻¹·v. A new way is its method and one line here.</summary>
internal static class HyperGradients
{
    private const int MostProducts = 1000;

    /// <summary>Every way, in the order in which documents list them.</summary>
    public static IReadOnlyList<HyperGradient> All { get; } =
    [
        new("conjugate-gradient", ConjugateGradient, Memory: 30, TightensBy: 0.9, IsOuterAware: false),
        new("jacobian-free", JacobianFree, Memory: 30, TightensBy: 0.78, IsOuterAware: false),
        new("shine", Shine, Memory: 30, TightensBy: 0.78, IsOuterAware: false),
        new("shine-opa", Shine, Memory: 60, TightensBy: 0.78, IsOuterAware: true),
    ];

    /// <summary>The way of that name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names those there are.</exception>
    public static HyperGradient Named(string name) => All.FirstOrDefault(way => way.Name == name)
        ?? throw new ArgumentException($"There is no hyper-gradient \"{name}\"; known: {string.Join(", ", All.Select(way => way.Name))}.", nameof(name));

    /// <summary>(∇²r)⁻¹·v to an absolute residual. Source: Nocedal and Wright, "Numerical optimization", algorithm 5.2.</summary>
    private static int ConjugateGradient(InnerProblem inner, double lambda, ReadOnlySpan<double> v, double tolerance, Span<double> q)
    {
        inner.Linearise();
        double[] residual = v.ToArray();
        double[] direction = v.ToArray();
        double[] image = new double[v.Length];
        q.Clear();
        double squared = TensorPrimitives.SumOfSquares<double>(residual);
        int products = 0;
        while (Math.Sqrt(squared) >= tolerance && products < MostProducts)
        {
            inner.MultiplyHessian(lambda, direction, image);
            products++;
            double curvature = TensorPrimitives.Dot<double>(direction, image);
            if (!(curvature > 0))
            {
                // Without λ separable data leave directions along which the loss is flat; the solve cannot go further.
                return products;
            }

            double length = squared / curvature;
            TensorPrimitives.MultiplyAdd(direction, length, q, q);
            TensorPrimitives.MultiplyAdd<double>(image, -length, residual, residual);
            double next = TensorPrimitives.SumOfSquares<double>(residual);
            TensorPrimitives.MultiplyAdd<double>(direction, next / squared, residual, direction);
            squared = next;
        }

        return products;
    }

    private static int JacobianFree(InnerProblem inner, double lambda, ReadOnlySpan<double> v, double tolerance, Span<double> q)
    {
        v.CopyTo(q);
        return 0;
    }

    /// <summary>
    /// SHINE: the inverse that the inner solve has estimated, in place of a second solve. Nothing here is scaled like the identity, so the length of A·v
    /// says nothing: every finite one is trusted. Source: Ramzi and others, ICLR 2022, section 2.
    /// </summary>
    private static int Shine(InnerProblem inner, double lambda, ReadOnlySpan<double> v, double tolerance, Span<double> q)
    {
        v.CopyTo(inner.Space[inner.FreeSlot]);
        inner.Inverse.Apply(inner.FreeSlot);
        inner.Space[inner.FreeSlot].CopyTo(q);
        return double.IsFinite(TensorPrimitives.SumOfSquares<double>(q)) ? 0 : JacobianFree(inner, lambda, v, tolerance, q);
    }
}

/// <summary>One way to a hyper-gradient.</summary>
/// <param name="Name">In the catalogue.</param>
/// <param name="Solve">Fills in q; returns the Hessian products made.</param>
/// <param name="Memory">Pairs of the inner L-BFGS.</param>
/// <param name="TightensBy">Factor of the inner tolerance per outer step, in (0, 1): an inexact gradient needs a tighter minimum.</param>
/// <param name="IsOuterAware">Whether the inner solve takes in extra pairs for the outer problem.</param>
internal sealed record HyperGradient(string Name, HyperGradient.Inversion Solve, int Memory, double TightensBy, bool IsOuterAware)
{
    /// <summary>q ≈ (∇²r)⁻¹·v at the newest inner minimum.</summary>
    /// <param name="inner">The inner problem, solved.</param>
    /// <param name="lambda">Its λ.</param>
    /// <param name="v">The outer loss's gradient by w, <c>[p]</c>.</param>
    /// <param name="tolerance">The absolute residual that is small enough.</param>
    /// <param name="q">Receives the product, <c>[p]</c>.</param>
    public delegate int Inversion(InnerProblem inner, double lambda, ReadOnlySpan<double> v, double tolerance, Span<double> q);
}

using System.Numerics;

namespace Deq.Export.Tasks.Flow.Scenes;

/// <summary>How a layer moves: turning, scaling, shearing about a centre, drifting and bending, all smooth in time.</summary>
/// <remarks>A layer's plane is the frame at time 0: there every place is where it belongs.</remarks>
internal sealed record LayerMotion
{
    /// <summary>What the layer turns about, pixels.</summary>
    public Vector2 Centre { get; init; }

    /// <summary>Pixels per frame at the start.</summary>
    public Vector2 Velocity { get; init; }

    /// <summary>Growth of the velocity per frame, as a share of it.</summary>
    public float Acceleration { get; init; }

    /// <summary>Radians per frame.</summary>
    public float Rotation { get; init; }

    /// <summary>Logarithm of the scale per frame.</summary>
    public float LogScale { get; init; }

    /// <summary>Shear per frame along each axis.</summary>
    public Vector2 Shear { get; init; }

    /// <summary>The displacements by which it bends from time 0 to 1; null for none.</summary>
    public BendField? Bend { get; init; }

    /// <summary>Where everything is at a time.</summary>
    /// <param name="time">Frames since the first.</param>
    public Placement At(float time)
    {
        float grown = MathF.Exp(LogScale * time) * MathF.Cos(Rotation * time);
        float turned = MathF.Sin(Rotation * time);
        Vector2 drift = Velocity * (time + (Acceleration * time * (time - 1) / 2));

        // Bending swings, so that it stays small in long clips; it is 1 at time 1.
        float bend = MathF.Sin(0.4f * time) / MathF.Sin(0.4f);
        return new Placement(
            Centre, Centre + drift, new Vector2(grown, (Shear.X * time) - turned), new Vector2(turned + (Shear.Y * time), grown), bend, Bend);
    }
}

/// <summary>A layer at one time: from its plane to the frame and back.</summary>
internal readonly struct Placement
{
    // The displacement's slope stays well below 1, so each step gains a digit or so; a ten-thousandth of a pixel is enough.
    private const int Iterations = 12;
    private const float Enough = 1e-4f;

    private readonly Vector2 _centre;
    private readonly Vector2 _moved;
    private readonly Vector2 _top;
    private readonly Vector2 _bottom;
    private readonly float _determinant;
    private readonly float _bend;
    private readonly BendField? _field;

    public Placement(Vector2 centre, Vector2 moved, Vector2 top, Vector2 bottom, float bend, BendField? field)
    {
        (_centre, _moved, _top, _bottom) = (centre, moved, top, bottom);
        _determinant = (top.X * bottom.Y) - (top.Y * bottom.X);
        (_bend, _field) = (bend, bend == 0 ? null : field);
    }

    /// <summary>How far a circle of radius 1 reaches, and how far bending adds to it.</summary>
    public (float Stretch, float Bend) Reach
    {
        get
        {
            float sum = _top.LengthSquared() + _bottom.LengthSquared();
            float largest = (sum + MathF.Sqrt(MathF.Max(0, (sum * sum) - (4 * _determinant * _determinant)))) / 2;
            return (MathF.Sqrt(largest), MathF.Abs(_bend) * (_field?.Reach ?? 0));
        }
    }

    /// <summary>Where a place of the layer is seen in the frame.</summary>
    public Vector2 Place(Vector2 q)
    {
        Vector2 from = q - _centre;
        var placed = new Vector2(Vector2.Dot(_top, from), Vector2.Dot(_bottom, from));
        return _field is null ? _moved + placed : _moved + placed + (_bend * _field[q]);
    }

    /// <summary>Which place of the layer is seen at a point of the frame: the fixed point of q = M⁻¹(p − moved − bend(q)) + centre.</summary>
    public Vector2 Origin(Vector2 p)
    {
        Vector2 from = p - _moved;
        Vector2 q = Back(from);
        for (int i = 0; _field is not null && i < Iterations; i++)
        {
            Vector2 better = Back(from - (_bend * _field[q]));
            if (Vector2.DistanceSquared(q, better) < Enough * Enough)
            {
                return better;
            }

            q = better;
        }

        return q;
    }

    private Vector2 Back(Vector2 from) => _centre
        + (new Vector2((_bottom.Y * from.X) - (_top.Y * from.Y), (_top.X * from.Y) - (_bottom.X * from.X)) / _determinant);
}

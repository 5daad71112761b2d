namespace Deq.Api.Access;

/// <summary>What a client may do. Health is open to all.</summary>
[Flags]
internal enum Roles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Have models solve, and read what they are.</summary>
    Infer = 1,

    /// <summary>Read measurements, and what models are.</summary>
    Observe = 2,

    /// <summary>Load and unload models.</summary>
    Manage = 4,
}

/// <summary>Roles in texts.</summary>
internal static class RoleNames
{
    private static readonly char[] s_separators = [',', ' ', ';'];

    /// <summary>Reads names such as <c>infer,observe</c>; what is no role is given back by name.</summary>
    public static (Roles Roles, IReadOnlyList<string> Unknown) Read(string text)
    {
        string[] names = text.Split(s_separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var roles = Roles.None;
        List<string> unknown = [];
        foreach (string name in names)
        {
            Roles role = name switch
            {
                "infer" => Roles.Infer,
                "observe" => Roles.Observe,
                "manage" => Roles.Manage,
                _ => Roles.None,
            };
            roles |= role;
            if (role == Roles.None)
            {
                unknown.Add(name);
            }
        }

        return (roles, unknown);
    }

    /// <summary>The roles as texts name them.</summary>
    public static string Of(Roles roles) => string.Join(" or ", Enum.GetValues<Roles>().Where(role => role != Roles.None && roles.HasFlag(role)).Select(role => role.ToString().ToLowerInvariant()));
}

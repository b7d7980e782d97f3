"""All Dutch outside templates."""

"""Brands: which company a page belongs to."""

from portal.brands.brand import Brand, brand_for, brand_with_id

__all__ = ["Brand", "brand_for", "brand_with_id"]
